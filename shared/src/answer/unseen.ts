import { type Taxonomy, unseenIndices } from '../taxonomy/taxonomy.ts';
import { REFERRAL_POINT } from './operating-point.ts';

/**
 * What tells a diagnosis that is none of the classes: the highest score of a class that such a diagnosis is
 * next to (`unseen` of the taxonomy). Where that score is not negligible, the diagnosis cannot be excluded.
 *
 * @returns 0 to 1; undefined where the taxonomy names no such diagnosis
 */
export function unseenScore(scores: readonly number[], taxonomy: Taxonomy): number | undefined {
  const nextTo = unseenIndices(taxonomy);
  return nextTo.length === 0 ? undefined : Math.max(...nextTo.map((k) => scores[k]!));
}

/**
 * Whether an image is not to be called `routine` because it may show a diagnosis outside the classes.
 * `specificity-90` promises how few benign lesions are flagged instead, and does not ask.
 *
 * @param threshold least {@link unseenScore} of such images; undefined for versions that were not fitted to tell
 */
export function mayBeUnseen(
  scores: readonly number[],
  threshold: number | undefined,
  operatingPoint: string,
  taxonomy: Taxonomy,
): boolean {
  const score = unseenScore(scores, taxonomy);
  if (threshold === undefined || score === undefined || operatingPoint === REFERRAL_POINT) {
    return false;
  }
  return score >= threshold;
}
