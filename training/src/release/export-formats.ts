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
import type { Sample } from '../data/load/dataset.ts';
import type { Classifier } from '../evaluate/classifiers/classifier.ts';
import { classifyAll } from '../evaluate/classifiers/classify-images.ts';
import { createOnnxClassifier } from '../evaluate/classifiers/onnx-classifier.ts';
import { createTfjsClassifier } from '../evaluate/classifiers/tfjs-classifier.ts';
import { efficientNetB0 } from '../network/architecture.ts';
import type { FinishedRun } from '../run/finished-run.ts';

/** A network in both formats, and how they agree. */
export interface Formats {
  readonly onnx: Uint8Array;
  readonly tfjs: TfjsFiles;
  readonly engineAgreement: EngineAgreementReport;
}

/**
 * Exports a run's network: with half-precision weights where they serve as well, else with single precision.
 *
 * @throws Error when the engines disagree, or a validation image cannot be read
 */
export async function exportFormats(
  run: FinishedRun,
  validation: readonly Sample[],
  prepare: PrepareImage,
  log: (line: string) => void,
): Promise<Formats> {
  const { parameters, record } = run;
  const samples = agreementImages(validation, record.seed);
  const singlePrecision = exportOnnx(parameters, efficientNetB0(), 'float32');
  const attempt = async (precision: WeightPrecision): Promise<Formats> => {
    const onnx =
      precision === 'float32'
        ? singlePrecision
        : exportOnnx(parameters, efficientNetB0(), precision);
    const tfjs = exportTfjs(parameters, efficientNetB0(), precision);
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
  prepare: PrepareImage,
  { calibration }: FinishedRun['record'],
): Promise<EngineAgreementReport> {
  const classifiers: Classifier[] = [
    await createOnnxClassifier(formats.onnx),
    await createTfjsClassifier(formats.tfjs),
    await createOnnxClassifier(formats.singlePrecision),
  ];
  const logits = await classifyAll(samples, prepare, (rgb) =>
    Promise.all(classifiers.map((classifier) => classifier.logits(rgb))),
  );
  for (const classifier of classifiers) await classifier.close();
  const [onnx, tfjs, reference] = [0, 1, 2].map((i) => logits.map((all) => all[i]!));
  return {
    schemaVersion: 1,
    images: samples.map(({ imageId }) => imageId),
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
