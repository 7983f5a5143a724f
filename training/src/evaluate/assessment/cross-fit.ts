import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { countLesions } from '../../data/load/count-lesions.ts';
import type { AssessedImage } from './assessed-image.ts';
import {
  type CalibrationPlan,
  type FittedAssessment,
  fitAssessment,
  planned,
} from './fit-assessment.ts';
import { CALIBRATION_METHODS, type CalibrationMethod } from './fit-calibration.ts';
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
  return acrossFolds(images, seed, (rest) => {
    const fitted = fitAssessment(rest, plan);
    return (image) => ({ image, fitted, scores: scores(image.logits, fitted.calibration) });
  });
}

/** Each image's scores by each way of calibrating, fitted on other lesions. */
export function crossFittedScores(
  images: readonly AssessedImage[],
  plan: Omit<CalibrationPlan, 'method'>,
  seed: number,
): Record<CalibrationMethod, number[][]> {
  const perImage = acrossFolds(images, seed, (rest) => {
    const calibrations = CALIBRATION_METHODS.map((method): [CalibrationMethod, Calibration] => [
      method,
      planned({ ...plan, method }, rest),
    ]);
    return ({ logits }) =>
      new Map(calibrations.map(([method, fitted]) => [method, scores(logits, fitted)]));
  });
  return Object.fromEntries(
    CALIBRATION_METHODS.map((method) => [method, perImage.map((by) => by.get(method)!)]),
  ) as Record<CalibrationMethod, number[][]>;
}

function acrossFolds<T>(
  images: readonly AssessedImage[],
  seed: number,
  fit: (rest: readonly AssessedImage[]) => (image: AssessedImage) => T,
): T[] {
  const count = foldCount(images);
  const folds = lesionFolds(images, count, seed);
  const results = new Array<T>(images.length);
  for (let fold = 0; fold < count; fold++) {
    const apply = fit(images.filter((_, i) => folds[i] !== fold));
    for (const [i, image] of images.entries()) if (folds[i] === fold) results[i] = apply(image);
  }
  return results;
}
