import {
  DEFAULT_OPERATING_POINT,
  malignantScore,
  type OperatingPoint,
} from '@naevus/shared/answer/operating-point';
import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { squamousScore } from '@naevus/shared/answer/squamous';
import type { MeasuredImage } from './assessed-image.ts';
import { weightedConformalQuantile } from './weighted-quantile.ts';

/** An image of squamous cell carcinoma, which nothing is trained on. */
export type SquamousImage = Pick<MeasuredImage, 'logits' | 'lesionId'>;

/** What scores and the malignant score are held against. */
export interface ScoredBy {
  readonly calibration: Calibration;
  readonly thresholds: Readonly<Record<OperatingPoint, number>>;
}

/** Share of further squamous cell carcinomas that may not be `routine` at the default operating point. */
const SHARE = 0.99;

/** Fewer say nothing of {@link SHARE}. */
const FEWEST_IMAGES = 99;

/**
 * The highest threshold of the squamous score that keeps so many squamous cell carcinomas from being `routine`: each
 * by the malignant score or by this one.
 *
 * @returns undefined where there are too few images to promise it
 */
export function squamousThreshold(
  images: readonly SquamousImage[],
  { calibration, thresholds }: ScoredBy,
): number | undefined {
  if (images.length < FEWEST_IMAGES) return undefined;
  const missed = images.map(({ logits }) => {
    const served = scores(logits, calibration);
    const found = malignantScore(served) >= thresholds[DEFAULT_OPERATING_POINT];
    return { value: found ? -1 : -squamousScore(served), weight: 1 };
  });
  return Math.max(0, -weightedConformalQuantile(missed, SHARE));
}

/**
 * The fit that each image's lesion had no part in the squamous threshold of.
 *
 * @returns one an image, in their order
 */
export function fitsWithoutLesion<F extends ScoredBy>(
  images: readonly SquamousImage[],
  fitted: F,
): (F & { readonly squamousThreshold: number | undefined })[] {
  return images.map((image) => ({
    ...fitted,
    squamousThreshold: squamousThreshold(
      images.filter((other) =>
        image.lesionId === null ? other !== image : other.lesionId !== image.lesionId,
      ),
      fitted,
    ),
  }));
}
