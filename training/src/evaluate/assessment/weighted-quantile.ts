/** A value, and how much it counts. */
export interface WeightedValue {
  readonly value: number;
  readonly weight: number;
}

/**
 * The least value that the share of all is no larger than, where one more, of mean weight and unknown, is counted to
 * those above it (Tibshirani et al. 2019, "Conformal Prediction Under Covariate Shift", lemma 3). With equal weights
 * that is `conformalQuantile`. Infinity where there are too few.
 *
 * @param share from 0 to 1
 */
export function weightedConformalQuantile(values: readonly WeightedValue[], share: number): number {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const wanted = share * total * (1 + 1 / sorted.length);
  // Sums of decimals may lie a hair below the whole that they are.
  const tolerance = 1e-9 * total;
  let below = 0;
  for (const { value, weight } of sorted) {
    below += weight;
    if (below >= wanted - tolerance) return value;
  }
  return Number.POSITIVE_INFINITY;
}
