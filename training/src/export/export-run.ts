import { scores } from '@naevus/shared/probabilities';
import type { UnreadableImage } from '../data/data-error.ts';
import type { Dataset, Sample } from '../data/dataset.ts';
import type { Classifier } from '../evaluation/classifier.ts';
import { classifyImages } from '../evaluation/classify-images.ts';
import { createOnnxClassifier } from '../evaluation/onnx-classifier.ts';
import { createTfjsClassifier } from '../evaluation/tfjs-classifier.ts';
import { EFFICIENTNET_B0 } from '../network/architecture.ts';
import { type MetricsReport, metricsReport, type ScoredImage } from '../reports/metrics-report.ts';
import { modelCard } from '../reports/model-card.ts';
import { reportPictures } from '../reports/report-pictures.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { RUN_FILES } from '../run/run-record.ts';
import { type ScorePrior, withScorePrior } from '../run/score-prior.ts';
import {
  type ArtifactFiles,
  buildManifest,
  MODEL_NAME,
  ONNX_PATH,
  TFJS_FOLDER,
} from './build-artifact.ts';
import type { WeightPrecision } from './float16.ts';
import { exportOnnx } from './onnx/onnx-export.ts';
import {
  type Agreement,
  compareLogits,
  enginesAgree,
  MAX_ENGINE_DIFFERENCE,
  MAX_ROUNDING_DIFFERENCE,
  type ParityReport,
  parityImages,
} from './parity.ts';
import { exportTfjs, type TfjsFiles } from './tfjs/tfjs-export.ts';

export interface ExportOptions {
  readonly run: FinishedRun;
  /** The data that the run was trained on. */
  readonly dataset: Dataset;
  readonly version: string;
  /** The class distribution that the scores assume. */
  readonly scorePrior: ScorePrior;
  /** Path to the network's input: 224 * 224 * 3 RGB bytes, as serving prepares it. */
  readonly prepare: (path: string) => Promise<Uint8Array>;
  readonly log: (line: string) => void;
}

export interface ExportedVersion {
  /** Everything of the version, `manifest.json` included. */
  readonly files: ArtifactFiles;
  readonly metrics: MetricsReport;
  readonly parity: ParityReport;
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
  const record = withScorePrior(options.run.record, scorePrior);
  const run = { ...options.run, record };
  const validation = validationSamples(run, dataset);
  const { onnx, tfjs, parity } = await exportFormats(run, validation, prepare, log);

  log(`scoring all ${validation.length} validation images with the ONNX model`);
  const classifier = await createOnnxClassifier(onnx);
  const { results, unreadable } = await classifyImages(validation, prepare, (rgb) =>
    classifier.logits(rgb),
  );
  await classifier.close();
  requireReadable(unreadable);
  const images: ScoredImage[] = results.map(({ image, result }) => ({
    imageId: image.imageId,
    label: image.label,
    lesionId: image.lesionId,
    scores: scores(result, record.calibration),
  }));
  const metrics = metricsReport(images, {
    model: { name: MODEL_NAME, version },
    engine: classifier.engine,
    data: { name: 'validation side of the split', sha256: record.dataSha256, unreadable: [] },
    prior: record.prior,
    calibration: record.calibration,
    seed: record.seed,
  });

  const files: ArtifactFiles = new Map([[ONNX_PATH, onnx]]);
  for (const [name, bytes] of tfjs) files.set(`${TFJS_FOLDER}${name}`, bytes);
  for (const name of [RUN_FILES.split, RUN_FILES.classWeights, RUN_FILES.history]) {
    files.set(`reports/${name}`, run.reports.get(name)!);
  }
  files.set('reports/metrics.json', json(metrics));
  files.set('reports/parity.json', json(parity));
  const { classWeights, history } = run;
  for (const [name, svg] of await reportPictures({ metrics, images, classWeights, history })) {
    files.set(`reports/${name}`, text(svg));
  }
  files.set('MODEL_CARD.md', text(modelCard({ record, scorePrior, metrics, parity })));
  files.set(
    'manifest.json',
    json(buildManifest({ version, run, scorePrior, metrics, parity, files })),
  );
  return { files, metrics, parity };
}

function validationSamples({ record, split }: FinishedRun, dataset: Dataset): Sample[] {
  if (dataset.dataSha256 !== record.dataSha256) {
    throw new Error(
      `these are not the data of the run: their digest is ${dataset.dataSha256}, the run's ${record.dataSha256}`,
    );
  }
  const sampleOf = new Map(dataset.samples.map((sample) => [sample.imageId, sample]));
  return split.validation.map((imageId) => {
    const sample = sampleOf.get(imageId);
    if (!sample) throw new Error(`the run's split names ${imageId}, which the data lack`);
    return sample;
  });
}

interface Formats {
  readonly onnx: Uint8Array;
  readonly tfjs: TfjsFiles;
  readonly parity: ParityReport;
}

/** Half-precision weights where they serve as well, else single precision. */
async function exportFormats(
  run: FinishedRun,
  validation: readonly Sample[],
  prepare: ExportOptions['prepare'],
  log: ExportOptions['log'],
): Promise<Formats> {
  const { parameters, record } = run;
  const samples = parityImages(validation, record.seed);
  const singlePrecision = exportOnnx(parameters, EFFICIENTNET_B0, 'float32');
  const attempt = async (precision: WeightPrecision): Promise<Formats> => {
    const onnx =
      precision === 'float32'
        ? singlePrecision
        : exportOnnx(parameters, EFFICIENTNET_B0, precision);
    const tfjs = exportTfjs(parameters, EFFICIENTNET_B0, precision);
    log(`comparing the engines on ${samples.length} validation images, ${precision} weights`);
    const models = { onnx, tfjs, singlePrecision, precision };
    const parity = await compareFormats(models, samples, prepare, record);
    log(`  ${parity.engines.compared.join(' and ')}: ${describe(parity.engines)}`);
    return { onnx, tfjs, parity };
  };
  const half = await attempt('float16');
  const { engines, rounding } = half.parity;
  log(`  against float32 weights: ${describe(rounding)}`);
  if (enginesAgree(engines) && rounding.maxAbsProbabilityDifference <= MAX_ROUNDING_DIFFERENCE) {
    return half;
  }
  log('  that is too much: float32 weights instead');
  const single = await attempt('float32');
  if (enginesAgree(single.parity.engines)) return single;
  throw new Error(
    `the engines disagree, so no version is written: ${describe(single.parity.engines)}; allowed are ${MAX_ENGINE_DIFFERENCE} and no other top class`,
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
): Promise<ParityReport> {
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

/** Training read every one of them: what is lost now must not go unseen into the figures. */
function requireReadable(unreadable: readonly UnreadableImage[]): void {
  const [first] = unreadable;
  if (!first) return;
  throw new Error(
    `${unreadable.length} validation images cannot be read, ${first.path} among them: ${first.reason}`,
  );
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
