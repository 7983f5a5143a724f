import { labelIndex } from '../taxonomy.ts';
import type { OperatingPoint } from './operating-point.ts';

/**
 * Squamous cell carcinoma is not one of the classes. The class next to it is actinic keratosis and intraepithelial
 * carcinoma, which it grows out of: where the score of that one is not negligible, it cannot be excluded.
 */
const NEXT_CLASS = labelIndex('akiec');

/** The score that tells squamous cell carcinoma, 0 to 1. */
export function squamousScore(scores: readonly number[]): number {
  return scores[NEXT_CLASS]!;
}

/**
 * Whether an image is not to be called `routine` because it may show squamous cell carcinoma. `specificity-90`
 * promises how few benign lesions are flagged instead, and does not ask.
 *
 * @param threshold least {@link squamousScore} of such images; undefined for versions that were not fitted to tell
 */
export function mayBeSquamous(
  scores: readonly number[],
  threshold: number | undefined,
  operatingPoint: OperatingPoint,
): boolean {
  if (threshold === undefined || operatingPoint === 'specificity-90') return false;
  return squamousScore(scores) >= threshold;
}
