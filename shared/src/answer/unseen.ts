import { labelsOf, type Taxonomy, unseenIndices } from '../taxonomy/taxonomy.ts';
import { REFERRAL_POINT } from './operating-point.ts';

/**
 * From where on a diagnosis outside the classes is not excluded: the least score that tells it or, beside other
 * classes, its least share of theirs and its own together. A class that such a diagnosis is seldom taken for tells more
 * of it than all of them: what is surely a naevus is none.
 */
export type UnseenThreshold =
  | number
  | { readonly least: number; readonly against: readonly string[] };

/**
 * What tells a diagnosis that is none of the classes: the highest score of a class that such a diagnosis is
 * next to (`unseen` of the taxonomy). Where that score is not negligible, the diagnosis cannot be excluded.
 *
 * @param against labels of classes that it is given as a share of; by default of all
 * @returns 0 to 1; undefined where the taxonomy names no such diagnosis
 */
export function unseenScore(
  scores: readonly number[],
  taxonomy: Taxonomy,
  against: readonly string[] = [],
): number | undefined {
  const nextTo = unseenIndices(taxonomy);
  if (nextTo.length === 0) return undefined;
  const score = Math.max(...nextTo.map((k) => scores[k]!));
  if (against.length === 0) return score;
  let others = 0;
  for (const [k, label] of labelsOf(taxonomy).entries()) {
    if (against.includes(label)) others += scores[k]!;
  }
  return score > 0 ? score / (score + others) : 0;
}

/**
 * Whether an image is not to be called `routine` because it may show a diagnosis outside the classes.
 * `specificity-90` promises how few benign lesions are flagged instead, and does not ask.
 *
 * @param threshold least {@link unseenScore} of such images; undefined for versions that were not fitted to tell
 */
export function mayBeUnseen(
  scores: readonly number[],
  threshold: UnseenThreshold | undefined,
  operatingPoint: string,
  taxonomy: Taxonomy,
): boolean {
  if (threshold === undefined || operatingPoint === REFERRAL_POINT) return false;
  const { least, against } =
    typeof threshold === 'number' ? { least: threshold, against: [] } : threshold;
  const score = unseenScore(scores, taxonomy, against);
  return score !== undefined && score >= least;
}
