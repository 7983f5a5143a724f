import {
  DEFAULT_OPERATING_POINT,
  malignantScore,
  type OperatingPoint,
} from '@naevus/shared/answer/operating-point';
import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { mayBeSquamous, squamousScore } from '@naevus/shared/answer/squamous';
import type { UnseenThreshold } from '@naevus/shared/answer/unseen';
import { LABELS, type Label, LESION_CLASSES } from '@naevus/shared/taxonomy';
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
 * What the least share that {@link SHARE} of them reach is multiplied with. A limit at the one image that is told least
 * misses it wherever it had no part in the fit; with a half, the others' limit covers it (README.md beside this file).
 */
const MARGIN = 0.5;

/**
 * The threshold that keeps so many squamous cell carcinomas from being `routine`, each by the malignant score or by
 * this one, and flags the fewest of some benign images: of the score by itself, or of its share of its own and
 * another class's.
 *
 * @param benign to choose between them
 * @returns undefined where there are too few images to promise it
 */
export function squamousThreshold(
  images: readonly SquamousImage[],
  benign: readonly { readonly label: Label; readonly scores: readonly number[] }[],
  by: ScoredBy,
): UnseenThreshold | undefined {
  if (images.length < FEWEST_IMAGES) return undefined;
  const others = LABELS.filter((label) => LESION_CLASSES[label].risk === 'benign');
  const candidates = [[], ...others.map((label) => [label])].map((against) => {
    const threshold = thresholdAgainst(images, against, by);
    const flagged = benign.filter(
      ({ label, scores }) =>
        LESION_CLASSES[label].risk === 'benign' &&
        malignantScore(scores) < by.thresholds[DEFAULT_OPERATING_POINT] &&
        mayBeSquamous(scores, threshold, DEFAULT_OPERATING_POINT),
    );
    return { threshold, flagged: flagged.length };
  });
  return candidates.reduce((best, one) => (one.flagged < best.flagged ? one : best)).threshold;
}

/**
 * The highest such threshold of the squamous score against given classes.
 */
function thresholdAgainst(
  images: readonly SquamousImage[],
  against: readonly string[],
  { calibration, thresholds }: ScoredBy,
): UnseenThreshold {
  const missed = images.map(({ logits }) => {
    const served = scores(logits, calibration);
    const found = malignantScore(served) >= thresholds[DEFAULT_OPERATING_POINT];
    return { value: found ? -1 : -squamousScore(served, against), weight: 1 };
  });
  const quantile = -weightedConformalQuantile(missed, SHARE);
  const least = quantile === 1 ? 1 : Math.max(0, MARGIN * quantile);
  return { least, against };
}

/**
 * The fit that each image's lesion had no part in the squamous threshold of; against which classes it is stays as
 * fitted.
 *
 * @returns one an image, in their order
 */
export function fitsWithoutLesion<
  F extends ScoredBy & { readonly squamousThreshold?: UnseenThreshold | undefined },
>(
  images: readonly SquamousImage[],
  fitted: F,
): (F & { readonly squamousThreshold: UnseenThreshold | undefined })[] {
  const { squamousThreshold: ofAll } = fitted;
  const against = typeof ofAll === 'object' ? ofAll.against : [];
  return images.map((image) => {
    const rest = images.filter((other) =>
      image.lesionId === null ? other !== image : other.lesionId !== image.lesionId,
    );
    return {
      ...fitted,
      squamousThreshold:
        rest.length < FEWEST_IMAGES ? undefined : thresholdAgainst(rest, against, fitted),
    };
  });
}
