import { createResampler } from '@naevus/shared/image/resampler';
import type { EngineAgreementReport } from '../convert/engine-agreement.ts';
import { imagePreparation, type PrepareImage } from '../data/decode/prepare-image.ts';
import type { Dataset, Sample } from '../data/load/dataset.ts';
import type { OutsideImage } from '../data/load/outside-images.ts';
import type { ModelAssessment } from '../evaluate/assessment/assess-model.ts';
import { checkHeldOut, EXPLAINED_IMAGES } from '../evaluate/check-held-out.ts';
import { createOnnxClassifier } from '../evaluate/classifiers/onnx-classifier.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import { withReportThreads } from '../evaluate/report-threads.ts';
import { buildSimilarCases } from '../evaluate/similarity/build-similar-cases.ts';
import { ownLesions } from '../evaluate/sources/own-lesions.ts';
import { pictureAttribution } from '../reports/attribution.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { type ScorePrior, withScorePrior } from '../run/score-prior.ts';
import { trainedSources } from '../run/trained-source.ts';
import type { ArtifactFolder } from '../versions/artifact-folder.ts';
import { type ArtifactFiles, MODEL_NAME } from '../versions/artifact-layout.ts';
import { calibrateRun } from './calibrate-run.ts';
import { exportFormats } from './export-formats.ts';
import { homeOf, reportSources } from './report-sources.ts';
import { samplesOfRun } from './report-validation.ts';
import { runReports } from './run-reports.ts';
import { versionFiles } from './version-files.ts';

export interface ExportOptions {
  readonly run: FinishedRun;
  /** The data that the run was trained on. */
  readonly dataset: Dataset;
  readonly version: string;
  /** Images that nothing is trained on: of other diseases, and taken without a dermatoscope. */
  readonly outside?: readonly OutsideImage[];
  /** The version to measure beside this one, by source. */
  readonly previous?: ArtifactFolder;
  /** The class distribution that the scores assume. */
  readonly scorePrior: ScorePrior;
  readonly prepare: PrepareImage;
  /** `@naevus/shared/kernels.wasm` */
  readonly kernels: WebAssembly.Module;
  /** Folder of pictures that show no lesion. */
  readonly nonLesions: string;
  /** Nothing is fitted on fewer validation lesions: it would say more of them than of the model. */
  readonly fewestLesions?: number;
  /** Images that the heat maps are checked on. */
  readonly explainedImages?: number;
  readonly log: (line: string) => void;
}

export interface ExportedVersion {
  /** Everything of the version, `manifest.json` included. */
  readonly files: ArtifactFiles;
  readonly metrics: MetricsReport;
  readonly engineAgreement: EngineAgreementReport;
}

/**
 * Makes a version's files out of a run: both formats, checked against each other on validation images, the
 * metrics of the served one on all of them, reports, pictures, model card and manifest. The same run gives the
 * same bytes on the same machine.
 *
 * @throws Error when the data are not the run's, or the engines disagree.
 */
export async function exportRun(options: ExportOptions): Promise<ExportedVersion> {
  const { dataset, version, scorePrior, prepare, log } = options;
  const uncalibrated = withScorePrior(options.run.record, scorePrior);
  const samples = samplesOfRun(options.run, dataset);
  const home = homeOf(dataset);
  const validation = samples.validation.filter(({ source }) => source === home);
  const { onnx, tfjs, engineAgreement } = await exportFormats(
    { ...options.run, record: uncalibrated },
    validation,
    prepare,
    log,
  );

  log(`scoring all ${samples.validation.length} validation images with the ONNX model`);
  const classifier = await createOnnxClassifier(onnx);
  const { record, images, assessment } = await calibrateRun({
    ...options,
    classifier,
    trained: options.run.record,
    record: uncalibrated,
    samples,
    home,
    outside: options.outside ?? [],
  });
  const run = { ...options.run, record };
  if (assessment) log('fitting how photos of one lesion are pooled, and what a patient changes');
  const atHome = ({ source }: { readonly source: string }) => source === home;
  const assessedAtHome = assessment && ofHome(assessment, home);
  const fittingClinic =
    assessedAtHome &&
    withReportThreads((compute) =>
      compute('buildClinicReports', {
        assessment: {
          images: assessedAtHome.images,
          heldOutScores: assessedAtHome.heldOutScores,
          heldOutFits: assessedAtHome.heldOutFits,
          fitted: assessedAtHome.fitted,
          report: assessedAtHome.report,
        },
        training: samples.train.filter(atHome),
        validation,
        prior: record.prior,
        seed: record.seed,
      }),
    );
  // Waited for after the network's work, which needs none of it.
  fittingClinic?.catch(() => {});
  const heldOut =
    assessment &&
    assessedAtHome &&
    (await checkHeldOut({
      classifier,
      parameters: run.parameters,
      record,
      validation,
      heldOutFits: assessedAtHome.heldOutFits,
      abroad: validationAbroad(assessment, samples.validation, home, ownLesions(dataset.samples)),
      conformity: assessedAtHome.report.conformal.default,
      prepare,
      prepareWhole: imagePreparation(createResampler(options.kernels), 1),
      explainedImages: options.explainedImages ?? EXPLAINED_IMAGES,
      log,
    }));
  const clinic = await fittingClinic;
  const sources = trainedSources(dataset, options.run.split);
  const similar = await buildSimilarCases({
    ...{ classifier, validation, prepare, log, kernels: options.kernels },
    images: images.filter(atHome),
    training: samples.train,
    thresholds: assessment?.fitted.thresholds,
    attribution: `${pictureAttribution(sources)} Scaled down and encoded again.`,
    seed: record.seed,
  });
  const bySource =
    assessment && (await reportSources({ ...options, images, samples, home, record, assessment }));
  const reports = await runReports({
    run,
    model: { name: MODEL_NAME, version },
    engine: classifier.engine,
    images: images.filter(atHome),
    show: async ({ path }) => {
      const rgb = await prepare(path);
      return { rgb, cam: await classifier.activationMaps(rgb) };
    },
    heldOut,
    similarity: similar.report,
    sources,
  });
  await classifier.close();

  const files = await versionFiles({
    ...{
      version,
      run,
      scorePrior,
      onnx,
      tfjs,
      engineAgreement,
      reports,
      assessment,
      heldOut,
      clinic,
      similar,
    },
    ...{ bySource, sources },
  });
  return { files, metrics: reports.metrics, engineAgreement };
}

/** Of other sources than home, lesions that are in no other source. */
function validationAbroad(
  { heldOutFits }: ModelAssessment,
  validation: readonly Sample[],
  home: string,
  own: ReadonlySet<string>,
) {
  const kept = validation.map(({ source, imageId }) => source !== home && own.has(imageId));
  return {
    validation: validation.filter((_, i) => kept[i]),
    heldOutFits: heldOutFits.filter((_, i) => kept[i]),
  };
}

/** The assessment with the validation images of the home source alone. */
function ofHome(assessment: ModelAssessment, home: string): ModelAssessment {
  const atHome = <T>(values: readonly T[]) =>
    values.filter((_, i) => assessment.images[i]!.source === home);
  return {
    ...assessment,
    images: atHome(assessment.images),
    heldOutScores: atHome(assessment.heldOutScores),
    heldOutFits: atHome(assessment.heldOutFits),
  };
}
