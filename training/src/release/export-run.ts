import { scores } from '@naevus/shared/answer/probabilities';
import {
  type Agreement,
  agreementImages,
  compareLogits,
  type EngineAgreementReport,
  enginesAgree,
  MAX_ENGINE_DIFFERENCE,
  MAX_ROUNDING_DIFFERENCE,
} from '../convert/engine-agreement.ts';
import type { WeightPrecision } from '../convert/float16.ts';
import { exportOnnx } from '../convert/onnx/onnx-export.ts';
import { exportTfjs, type TfjsFiles } from '../convert/tfjs/tfjs-export.ts';
import type { PrepareImage } from '../data/decode/prepare-image.ts';
import { countLesions } from '../data/load/count-lesions.ts';
import type { Dataset, Sample } from '../data/load/dataset.ts';
import type { SplitSamples } from '../data/split/pick-samples.ts';
import { assessModel, type ModelAssessment } from '../evaluate/assessment/assess-model.ts';
import { checkHeldOut, EXPLAINED_IMAGES } from '../evaluate/check-held-out.ts';
import type { Classifier } from '../evaluate/classifiers/classifier.ts';
import { classifyImages, requireReadable } from '../evaluate/classifiers/classify-images.ts';
import {
  createOnnxClassifier,
  type OnnxClassifier,
} from '../evaluate/classifiers/onnx-classifier.ts';
import { createTfjsClassifier } from '../evaluate/classifiers/tfjs-classifier.ts';
import { DRIFT_REFERENCE_PATH } from '../evaluate/drift/reference.ts';
import type { MetricsReport, ScoredImage } from '../evaluate/metrics/metrics-report.ts';
import { EFFICIENTNET_B0 } from '../network/architecture.ts';
import { assessmentPictures } from '../reports/charts/assessment-charts.ts';
import { modelCard } from '../reports/model-card.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { RUN_FILES, type RunRecord } from '../run/run-record.ts';
import { type ScorePrior, withScorePrior } from '../run/score-prior.ts';
import {
  type ArtifactFiles,
  MODEL_NAME,
  ONNX_PATH,
  REPORTS_FOLDER,
  SUBSPACE_PATH,
  TFJS_FOLDER,
} from '../versions/artifact-layout.ts';
import { buildManifest } from './build-manifest.ts';
import { samplesOfRun } from './report-validation.ts';
import { runReports } from './run-reports.ts';

export interface ExportOptions {
  readonly run: FinishedRun;
  /** The data that the run was trained on. */
  readonly dataset: Dataset;
  readonly version: string;
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

const FEWEST_LESIONS = 200;

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
  const { validation } = samples;
  const { onnx, tfjs, engineAgreement } = await exportFormats(
    { ...options.run, record: uncalibrated },
    validation,
    prepare,
    log,
  );

  log(`scoring all ${validation.length} validation images with the ONNX model`);
  const classifier = await createOnnxClassifier(onnx);
  const { record, images, assessment } = await calibrate(
    uncalibrated,
    classifier,
    samples,
    options,
  );
  const run = { ...options.run, record };
  const heldOut =
    assessment &&
    (await checkHeldOut({
      classifier,
      parameters: run.parameters,
      record,
      validation,
      assessment,
      prepare,
      explainedImages: options.explainedImages ?? EXPLAINED_IMAGES,
      log,
    }));
  const sampleOf = new Map(validation.map((sample) => [sample.imageId, sample]));
  const reports = await runReports({
    run,
    model: { name: MODEL_NAME, version },
    engine: classifier.engine,
    images: images.map((image) => ({ ...image, ...sampleOf.get(image.imageId)! })),
    show: async ({ path }) => {
      const rgb = await prepare(path);
      return { rgb, cam: await classifier.activationMaps(rgb) };
    },
    heldOut,
  });
  await classifier.close();
  const { metrics, subgroups } = reports;

  const files: ArtifactFiles = new Map([[ONNX_PATH, onnx]]);
  for (const [name, bytes] of tfjs) files.set(`${TFJS_FOLDER}${name}`, bytes);
  for (const name of [RUN_FILES.split, RUN_FILES.history]) {
    files.set(`${REPORTS_FOLDER}${name}`, run.reports.get(name)!);
  }
  for (const [name, content] of reports.files) files.set(`${REPORTS_FOLDER}${name}`, text(content));
  files.set(`${REPORTS_FOLDER}parity.json`, json(engineAgreement));
  if (assessment) {
    files.set(SUBSPACE_PATH, assessment.subspace.bytes);
    files.set(`${REPORTS_FOLDER}assessment.json`, json(assessment.report));
    files.set(DRIFT_REFERENCE_PATH, json(assessment.driftReference));
    for (const [name, svg] of await assessmentPictures(assessment.report, metrics.model)) {
      files.set(`${REPORTS_FOLDER}${name}`, text(svg));
    }
  }
  const card = {
    ...{ record, scorePrior, metrics, subgroups, engineAgreement, heldOut },
    assessment: assessment?.report,
    driftReference: assessment?.driftReference,
  };
  files.set('MODEL_CARD.md', text(modelCard(card)));
  files.set(
    'manifest.json',
    json(
      buildManifest({
        version,
        run,
        scorePrior,
        metrics,
        engineAgreement,
        assessment,
        files,
      }),
    ),
  );
  return { files, metrics, engineAgreement };
}

interface Calibrated {
  /** Its calibration being that of the scores that are served. */
  readonly record: RunRecord;
  /** Where something was fitted on the validation images: by fits that each image's lesion had no part in. */
  readonly images: readonly ScoredImage[];
  readonly assessment?: ModelAssessment;
}

/** Scores the validation images, and fits on them what the answers are held against. */
async function calibrate(
  record: RunRecord,
  classifier: OnnxClassifier,
  { train, validation }: SplitSamples,
  { run, prepare, kernels, nonLesions, fewestLesions = FEWEST_LESIONS, log }: ExportOptions,
): Promise<Calibrated> {
  const scored = ({ imageId, label, lesionId }: Sample, row: readonly number[]): ScoredImage => ({
    imageId,
    label,
    lesionId,
    scores: row,
  });
  const lesions = countLesions(validation);
  if (lesions < fewestLesions) {
    log(`  ${lesions} lesions are too few to fit anything on: no calibration, no assessment`);
    const { results, unreadable } = await classifyImages(validation, prepare, (rgb) =>
      classifier.logits(rgb),
    );
    requireReadable(unreadable);
    return {
      record,
      images: results.map(({ image, result }) => scored(image, scores(result, record.calibration))),
    };
  }
  const base = run.record.calibration;
  const assessment = await assessModel({
    classifier,
    training: train,
    validation,
    nonLesions,
    prepare,
    kernels,
    plan: {
      base,
      priorBias: record.calibration.logitBias.map((bias, k) => bias - base.logitBias[k]!),
    },
    seed: record.seed,
    log,
  });
  const { temperature, logitScale, logitBias } = assessment.fitted.calibration;
  return {
    record: {
      ...record,
      calibration: {
        method: assessment.method,
        temperature,
        ...(logitScale && { logitScale: [...logitScale] }),
        logitBias: [...logitBias],
      },
    },
    images: validation.map((sample, i) => scored(sample, assessment.heldOutScores[i]!)),
    assessment,
  };
}

interface Formats {
  readonly onnx: Uint8Array;
  readonly tfjs: TfjsFiles;
  readonly engineAgreement: EngineAgreementReport;
}

/** Half-precision weights where they serve as well, else single precision. */
async function exportFormats(
  run: FinishedRun,
  validation: readonly Sample[],
  prepare: ExportOptions['prepare'],
  log: ExportOptions['log'],
): Promise<Formats> {
  const { parameters, record } = run;
  const samples = agreementImages(validation, record.seed);
  const singlePrecision = exportOnnx(parameters, EFFICIENTNET_B0, 'float32');
  const attempt = async (precision: WeightPrecision): Promise<Formats> => {
    const onnx =
      precision === 'float32'
        ? singlePrecision
        : exportOnnx(parameters, EFFICIENTNET_B0, precision);
    const tfjs = exportTfjs(parameters, EFFICIENTNET_B0, precision);
    log(`comparing the engines on ${samples.length} validation images, ${precision} weights`);
    const models = { onnx, tfjs, singlePrecision, precision };
    const engineAgreement = await compareFormats(models, samples, prepare, record);
    log(
      `  ${engineAgreement.engines.compared.join(' and ')}: ${describe(engineAgreement.engines)}`,
    );
    return { onnx, tfjs, engineAgreement };
  };
  const half = await attempt('float16');
  const { engines, rounding } = half.engineAgreement;
  log(`  against float32 weights: ${describe(rounding)}`);
  if (enginesAgree(engines) && rounding.maxAbsProbabilityDifference <= MAX_ROUNDING_DIFFERENCE) {
    return half;
  }
  log('  that is too much: float32 weights instead');
  const single = await attempt('float32');
  if (enginesAgree(single.engineAgreement.engines)) return single;
  throw new Error(
    `the engines disagree, so no version is written: ${describe(single.engineAgreement.engines)}; allowed are ${MAX_ENGINE_DIFFERENCE} and no other top class`,
  );
}

async function compareFormats(
  formats: {
    readonly onnx: Uint8Array;
    readonly tfjs: TfjsFiles;
    readonly singlePrecision: Uint8Array;
    readonly precision: WeightPrecision;
  },
  samples: readonly Sample[],
  prepare: ExportOptions['prepare'],
  { calibration }: FinishedRun['record'],
): Promise<EngineAgreementReport> {
  const classifiers: Classifier[] = [
    await createOnnxClassifier(formats.onnx),
    await createTfjsClassifier(formats.tfjs),
    await createOnnxClassifier(formats.singlePrecision),
  ];
  const { results, unreadable } = await classifyImages(samples, prepare, (rgb) =>
    Promise.all(classifiers.map((classifier) => classifier.logits(rgb))),
  );
  for (const classifier of classifiers) await classifier.close();
  requireReadable(unreadable);
  const [onnx, tfjs, reference] = [0, 1, 2].map((i) => results.map(({ result }) => result[i]!));
  return {
    schemaVersion: 1,
    images: results.map(({ image }) => image.imageId),
    weights: formats.precision,
    engines: {
      compared: [classifiers[0]!.engine, classifiers[1]!.engine],
      ...compareLogits(onnx!, tfjs!, calibration),
    },
    rounding: compareLogits(onnx!, reference!, calibration),
  };
}

function describe({ maxAbsProbabilityDifference, topClassAgreement, images }: Agreement): string {
  const same = Math.round(topClassAgreement * images);
  return `scores differ by at most ${maxAbsProbabilityDifference.toExponential(1)}, top class the same on ${same} of ${images}`;
}

function json(value: unknown): Uint8Array {
  return text(`${JSON.stringify(value, null, 2)}\n`);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
