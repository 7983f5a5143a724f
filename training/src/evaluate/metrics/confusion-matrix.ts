/** How often a sample counts (its multiplicity in a bootstrap resample). Absent: once each. */
export type SampleWeights = ArrayLike<number>;

/** `matrix[truth][predicted]`: how many samples of a class were taken for which. Square. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * Counts predictions: rows are the true classes, columns the predicted ones.
 *
 * @param truth class indices in 0 .. classes-1.
 * @param predicted class indices in 0 .. classes-1, same length.
 */
export function confusionMatrix(
  truth: readonly number[],
  predicted: readonly number[],
  classes: number,
  weights?: SampleWeights,
): ConfusionMatrix {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    matrix[truth[i]!]![predicted[i]!]! += weights === undefined ? 1 : weights[i]!;
  }
  return matrix;
}

/** What the matrix says about one class against the rest. */
export interface ClassCounts {
  readonly truePositives: number;
  /** Samples of the class: the row's sum. */
  readonly support: number;
  /** Samples taken for the class: the column's sum. */
  readonly predicted: number;
}

/** One entry a class. */
export function classCounts(matrix: ConfusionMatrix): ClassCounts[] {
  return matrix.map((row, k) => ({
    truePositives: row[k]!,
    support: row.reduce((sum, n) => sum + n, 0),
    predicted: matrix.reduce((sum, other) => sum + other[k]!, 0),
  }));
}
