import type { ConformityScore } from '@naevus/shared/answer/prediction-set';
import { exportOnnx } from '../convert/onnx/onnx-export.ts';
import type { PrepareImage } from '../data/decode/prepare-image.ts';
import type { Sample } from '../data/load/dataset.ts';
import { efficientNetB0 } from '../network/architecture.ts';
import type { Parameters } from '../network/parameters.ts';
import type { RunRecord } from '../run/run-record.ts';
import type { ModelAssessment } from './assessment/assess-model.ts';
import { classifyAll } from './classifiers/classify-images.ts';
import { createOnnxClassifier, type OnnxClassifier } from './classifiers/onnx-classifier.ts';
import { chooseExplained } from './explanations/choose-explained.ts';
import { type ExplanationReport, explanationReport } from './explanations/explanation-report.ts';
import { type TtaReport, ttaReport, type ViewedImage } from './views/tta-report.ts';
import { type ViewedPicture, viewLogits } from './views/view-logits.ts';

/** Images that the heat maps are checked on; each costs about 120 runs of the network. */
export const EXPLAINED_IMAGES = 100;

/** What test-time augmentation and heat maps are worth, measured on images that were not trained on. */
export interface HeldOutReports {
  readonly tta: TtaReport;
  readonly explanations: ExplanationReport;
}

/**
 * Measures test-time augmentation on all validation images, and checks the heat maps on some.
 *
 * @throws Error when an image cannot be read
 */
export async function checkHeldOut({
  classifier,
  parameters,
  record,
  validation,
  heldOutFits,
  abroad,
  conformity,
  prepare,
  prepareWhole,
  explainedImages,
  log,
}: {
  readonly classifier: OnnxClassifier;
  /** Of the run's network, which the classifier is. */
  readonly parameters: Parameters;
  /** Its prior and calibration being those of the scores. */
  readonly record: RunRecord;
  readonly validation: readonly Sample[];
  /** One a validation image: what was fitted on other lesions. */
  readonly heldOutFits: ModelAssessment['heldOutFits'];
  /** The same for the other sources' lesions, which test-time augmentation is measured on as well. */
  readonly abroad: {
    readonly validation: readonly Sample[];
    readonly heldOutFits: ModelAssessment['heldOutFits'];
  };
  /** How prediction sets are made by default. */
  readonly conformity: ConformityScore;
  readonly prepare: PrepareImage;
  /** The same for all of an image, where the record has a crop. */
  readonly prepareWhole: PrepareImage;
  readonly explainedImages: number;
  readonly log: (line: string) => void;
}): Promise<HeldOutReports> {
  const { seed, calibration } = record;
  const all = validation.length + abroad.validation.length;
  log(`measuring test-time augmentation on all ${all} validation images`);
  const { crop } = record;
  const prepareViews = async (path: string): Promise<ViewedPicture> => ({
    rgb: await prepare(path),
    ...(crop < 1 && { whole: { rgb: await prepareWhole(path), crop } }),
  });
  const see = async (
    samples: readonly Sample[],
    fits: ModelAssessment['heldOutFits'],
  ): Promise<ViewedImage[]> => {
    const logits = await classifyAll(samples, prepareViews, (picture) =>
      viewLogits(classifier.logits, picture),
    );
    return samples.map(({ label, lesionId }, i) => ({
      label,
      lesionId,
      logits: logits[i]!,
      fitted: fits[i]!,
    }));
  };
  const tta = ttaReport(
    await see(validation, heldOutFits),
    { prior: record.prior, conformity, seed },
    await see(abroad.validation, abroad.heldOutFits),
  );

  const chosen = chooseExplained(validation, explainedImages, seed);
  log(`checking the heat maps of ${chosen.length} of them`);
  const explanations = await explanationReport({
    pictures: await classifyAll(chosen, prepare, async (rgb) => rgb),
    classify: classifier.classify,
    calibration,
    parameters,
    architecture: efficientNetB0(),
    open: (weights) => createOnnxClassifier(exportOnnx(weights, efficientNetB0(), 'float32')),
    seed,
  });
  return { tta, explanations };
}
