import { scores } from '@naevus/shared/answer/probabilities';
import type { PrepareImage } from '../data/decode/prepare-image.ts';
import { countLesions } from '../data/load/count-lesions.ts';
import type { Sample } from '../data/load/dataset.ts';
import type { OutsideImage } from '../data/load/outside-images.ts';
import type { SplitSamples } from '../data/split/pick-samples.ts';
import { assessModel, type ModelAssessment } from '../evaluate/assessment/assess-model.ts';
import { classifyAll } from '../evaluate/classifiers/classify-images.ts';
import type { OnnxClassifier } from '../evaluate/classifiers/onnx-classifier.ts';
import type { ScoredImage } from '../evaluate/metrics/metrics-report.ts';
import type { RunRecord } from '../run/run-record.ts';

/** Nothing is fitted on fewer validation lesions: it would say more about them than about the model. */
const FEWEST_LESIONS = 200;

export interface CalibrationOptions {
  readonly classifier: OnnxClassifier;
  /** The run's own record. */
  readonly trained: RunRecord;
  /** The record with the class distribution that the scores are to assume. */
  readonly record: RunRecord;
  readonly samples: SplitSamples;
  /** Name of the source that the scores are calibrated on. */
  readonly home: string;
  /** Images that nothing is trained on. */
  readonly outside: readonly OutsideImage[];
  readonly prepare: PrepareImage;
  /** `@naevus/shared/kernels.wasm` */
  readonly kernels: WebAssembly.Module;
  /** Folder of pictures that show no lesion. */
  readonly nonLesions: string;
  readonly fewestLesions?: number | undefined;
  readonly log: (line: string) => void;
}

export interface Calibrated {
  /** Its calibration being that of the scores that are served. */
  readonly record: RunRecord;
  /** Where something was fitted on the validation images: by fits that each image's lesion had no part in. */
  readonly images: readonly (Sample & Pick<ScoredImage, 'scores'>)[];
  readonly assessment?: ModelAssessment;
}

/**
 * Scores the validation images, and fits the calibration and the assessment on them.
 *
 * @throws Error when an image cannot be read
 */
export async function calibrateRun({
  classifier,
  trained,
  record,
  samples,
  home,
  outside,
  prepare,
  kernels,
  nonLesions,
  fewestLesions = FEWEST_LESIONS,
  log,
}: CalibrationOptions): Promise<Calibrated> {
  const { train, validation } = samples;
  const lesions = countLesions(validation.filter(({ source }) => source === home));
  if (lesions < fewestLesions) {
    log(`  ${lesions} lesions are too few to fit anything on: no calibration, no assessment`);
    const logits = await classifyAll(validation, prepare, classifier.logits);
    return {
      record,
      images: validation.map((sample, i) => ({
        ...sample,
        scores: scores(logits[i]!, record.calibration),
      })),
    };
  }
  const base = trained.calibration;
  const assessment = await assessModel({
    classifier,
    training: train,
    validation,
    outside,
    nonLesions,
    prepare,
    kernels,
    plan: {
      base,
      home,
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
    images: validation.map((sample, i) => ({ ...sample, scores: assessment.heldOutScores[i]! })),
    assessment,
  };
}
