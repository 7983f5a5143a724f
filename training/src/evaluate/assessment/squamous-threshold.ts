import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { mayBeUnseen, type UnseenThreshold, unseenScore } from '@naevus/shared/answer/unseen';
import { unseenIndices } from '@naevus/shared/taxonomy/taxonomy';
import {
  defaultOperatingPoint,
  isBenign,
  labels,
  malignantScore,
  taxonomy,
} from '../../taxonomy/current.ts';
import type { MeasuredImage } from './assessed-image.ts';
import { weightedConformalQuantile } from './weighted-quantile.ts';

/** An image of squamous cell carcinoma, which nothing is trained on. */
export type SquamousImage = Pick<MeasuredImage, 'logits' | 'lesionId'>;

/** What scores and the malignant score are held against. */
export interface ScoredBy {
  readonly calibration: Calibration;
  readonly thresholds: Readonly<Record<string, number>>;
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
 * @returns undefined where there are too few images to promise it, or the taxonomy does not say which class they are next to
 */
export function squamousThreshold(
  images: readonly SquamousImage[],
  benign: readonly { readonly label: string; readonly scores: readonly number[] }[],
  by: ScoredBy,
): UnseenThreshold | undefined {
  const malignant = by.thresholds[defaultOperatingPoint()];
  if (images.length < FEWEST_IMAGES || malignant === undefined) return undefined;
  if (unseenIndices(taxonomy()).length === 0) return undefined;
  const others = labels().filter(isBenign);
  const candidates = [[], ...others.map((label) => [label])].map((against) => {
    const threshold = thresholdAgainst(images, against, by);
    const flagged = benign.filter(
      ({ label, scores }) =>
        isBenign(label) &&
        malignantScore(scores) < malignant &&
        mayBeUnseen(scores, threshold, defaultOperatingPoint(), taxonomy()),
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
    const found =
      malignantScore(served) >= (thresholds[defaultOperatingPoint()] ?? Number.POSITIVE_INFINITY);
    return { value: found ? -1 : -unseenScore(served, taxonomy(), against)!, weight: 1 };
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
