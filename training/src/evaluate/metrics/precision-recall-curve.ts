import type { SampleWeights } from './confusion-matrix.ts';
import { type Ranking, visitThresholds } from './ranking.ts';

export interface PrecisionRecallPoint {
  /** Scores at or above it count as positive; null at the end, where none does. */
  readonly threshold: number | null;
  readonly precision: number;
  readonly recall: number;
}

/**
 * Average precision of one class against the rest: the sum over thresholds of precision times the
 * gain in recall, not interpolated; as scikit-learn's `average_precision_score`.
 * null where there are no samples of the class (scikit-learn says 0 there).
 */
export function averagePrecision(ranking: Ranking, weights?: SampleWeights): number | null {
  let sum = 0;
  let positives = 0;
  visitThresholds(ranking, weights, (truePositives, falsePositives) => {
    sum += (truePositives - positives) * (truePositives / (truePositives + falsePositives));
    positives = truePositives;
  });
  return positives === 0 ? null : sum / positives;
}

/**
 * The precision-recall curve from the lowest threshold (recall 1) to the highest, closed by
 * (recall 0, precision 1) as scikit-learn's `precision_recall_curve`. null where
 * {@link averagePrecision} is.
 */
export function precisionRecallCurve(
  ranking: Ranking,
  weights?: SampleWeights,
): PrecisionRecallPoint[] | null {
  const counts: { t: number; tp: number; fp: number }[] = [];
  visitThresholds(ranking, weights, (tp, fp, t) => counts.push({ t, tp, fp }));
  const positives = counts.at(-1)?.tp ?? 0;
  if (positives === 0) return null;
  const points: PrecisionRecallPoint[] = counts
    .reverse()
    .map(({ t, tp, fp }) => ({ threshold: t, precision: tp / (tp + fp), recall: tp / positives }));
  points.push({ threshold: null, precision: 1, recall: 0 });
  return points;
}
