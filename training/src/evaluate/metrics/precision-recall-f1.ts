import type { ClassCounts } from './confusion-matrix.ts';

export interface PrecisionRecallF1 {
  /** null where the class was never predicted. */
  readonly precision: number | null;
  /** null where no sample is of the class. */
  readonly recall: number | null;
  /** null where the class is neither among the truth nor among the predictions. */
  readonly f1: number | null;
}

/**
 * Precision, recall and F1 of one class against the rest; as scikit-learn's
 * `precision_recall_fscore_support` with `zero_division=nan`, null for its nan.
 */
export function precisionRecallF1(counts: ClassCounts): PrecisionRecallF1 {
  const { truePositives, support, predicted } = counts;
  return {
    precision: predicted === 0 ? null : truePositives / predicted,
    recall: support === 0 ? null : truePositives / support,
    f1: support + predicted === 0 ? null : (2 * truePositives) / (support + predicted),
  };
}
