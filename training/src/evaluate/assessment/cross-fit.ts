import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { countLabels } from '../../data/load/count-labels.ts';
import { countLesions } from '../../data/load/count-lesions.ts';
import { labels } from '../../taxonomy/current.ts';
import type { AssessedImage } from './assessed-image.ts';
import {
  type CalibrationPlan,
  type FittedAssessment,
  fitAssessment,
  planned,
} from './fit-assessment.ts';
import {
  CALIBRATION_METHODS,
  type CalibrationMethod,
  type ClassWeights,
} from './fit-calibration.ts';
import { lesionFolds } from './lesion-folds.ts';

/** An image, and what was fitted on other lesions than its own. */
export interface CrossFitted {
  readonly image: AssessedImage;
  readonly fitted: FittedAssessment;
  /** By that fit's calibration. */
  readonly scores: readonly number[];
}

/** Parts that the lesions are dealt into, where there are as many. */
const FOLDS = 10;

/** How many parts that makes of these images. */
export function foldCount(images: readonly Pick<AssessedImage, 'lesionId'>[]): number {
  return Math.min(FOLDS, countLesions(images));
}

/**
 * Fits everything once for each fold, on all other folds, so that each image can be held against what its
 * lesion had no part in.
 *
 * @returns one an image, in their order
 */
export function crossFit(
  images: readonly AssessedImage[],
  plan: CalibrationPlan,
  seed: number,
): CrossFitted[] {
  return acrossFolds(images, plan.home, seed, (rest, weights) => {
    const fitted = fitAssessment(rest, plan, weights);
    return (image) => ({ image, fitted, scores: scores(image.logits, fitted.calibration) });
  });
}

/** Each image's scores by each way of calibrating, fitted on other lesions. */
export function crossFittedScores(
  images: readonly AssessedImage[],
  plan: Omit<CalibrationPlan, 'method'>,
  seed: number,
): Record<CalibrationMethod, number[][]> {
  const perImage = acrossFolds(images, plan.home, seed, (rest, weights) => {
    const calibrations = CALIBRATION_METHODS.map((method): [CalibrationMethod, Calibration] => [
      method,
      planned({ ...plan, method }, rest, weights),
    ]);
    return ({ logits }) =>
      new Map(calibrations.map(([method, fitted]) => [method, scores(logits, fitted)]));
  });
  return Object.fromEntries(
    CALIBRATION_METHODS.map((method) => [method, perImage.map((by) => by.get(method)!)]),
  ) as Record<CalibrationMethod, number[][]>;
}

/**
 * Leaves each fold out once. The calibration's images of a class count as many as with the fold: a fold with one more
 * of a class would otherwise leave fewer to the fit, whose bias for that class then lowers the scores of the images
 * left out. Scores of all folds are ranked together, and the more alike they are, the more of the AUC that takes
 * (Forman and Scholz 2010).
 */
function acrossFolds<T>(
  images: readonly AssessedImage[],
  home: string,
  seed: number,
  fit: (rest: readonly AssessedImage[], weights: ClassWeights) => (image: AssessedImage) => T,
): T[] {
  const count = foldCount(images);
  const folds = lesionFolds(images, count, seed);
  const atHome = (all: readonly AssessedImage[]) =>
    countLabels(all.filter(({ source }) => source === home));
  const whole = atHome(images);
  const results = new Array<T>(images.length);
  for (let fold = 0; fold < count; fold++) {
    const rest = images.filter((_, i) => folds[i] !== fold);
    const left = atHome(rest);
    const weights = Object.fromEntries(
      labels().map((label) => [label, whole[label]! / Math.max(1, left[label]!)]),
    );
    const apply = fit(rest, weights);
    for (const [i, image] of images.entries()) if (folds[i] === fold) results[i] = apply(image);
  }
  return results;
}
