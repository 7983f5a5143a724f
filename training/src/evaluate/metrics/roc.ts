import type { SampleWeights } from './confusion-matrix.ts';
import { type Ranking, visitThresholds } from './ranking.ts';

export interface RocPoint {
  /** Scores at or above it count as positive; null at the origin, where none does. */
  readonly threshold: number | null;
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/**
 * Area under the ROC curve of one class against the rest: the chance that a sample of the class
 * scores above one that is not, equal scores counting half (Hanley and McNeil 1982).
 * null where there are no samples of the class, or no others.
 */
export function rocAuc(ranking: Ranking, weights?: SampleWeights): number | null {
  let area = 0;
  let positives = 0;
  let negatives = 0;
  visitThresholds(ranking, weights, (truePositives, falsePositives) => {
    area += ((falsePositives - negatives) * (truePositives + positives)) / 2;
    positives = truePositives;
    negatives = falsePositives;
  });
  return positives === 0 || negatives === 0 ? null : area / (positives * negatives);
}

/**
 * The ROC curve from (0, 0) to (1, 1), without the points that lie on a straight run of equal
 * steps; as scikit-learn's `roc_curve`. null where {@link rocAuc} is.
 */
export function rocCurve(ranking: Ranking, weights?: SampleWeights): RocPoint[] | null {
  const counts: { t: number | null; tp: number; fp: number }[] = [{ t: null, tp: 0, fp: 0 }];
  visitThresholds(ranking, weights, (tp, fp, t) => counts.push({ t, tp, fp }));
  const { tp: positives, fp: negatives } = counts.at(-1)!;
  if (positives === 0 || negatives === 0) return null;
  return counts
    .filter(({ tp, fp }, i) => {
      const before = counts[i - 1];
      const after = counts[i + 1];
      // The origin is no threshold of its own: like scikit-learn, keep the first one after it.
      if (before === undefined || after === undefined || i === 1) return true;
      return after.tp - tp !== tp - before.tp || after.fp - fp !== fp - before.fp;
    })
    .map(({ t, tp, fp }) => ({
      threshold: t,
      falsePositiveRate: fp / negatives,
      truePositiveRate: tp / positives,
    }));
}
