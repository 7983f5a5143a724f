/**
 * The largest difference of two cumulative distributions at the edges of their bins. Between the edges they
 * may differ by more: it is a lower bound of the Kolmogorov-Smirnov distance.
 */
export function binnedKolmogorovSmirnov(a: readonly number[], b: readonly number[]): number {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const [n, m] = [total(a), total(b)];
  let [below, other, largest] = [0, 0, 0];
  for (const [i, count] of a.entries()) {
    below += count;
    other += b[i]!;
    largest = Math.max(largest, Math.abs(below / n - other / m));
  }
  return largest;
}

/**
 * Probability of a distance at least as large when nothing has changed, by Kolmogorov's limit (Smirnov 1948).
 * For a lower bound of the distance it is an upper bound: chance is given too much, never too little.
 *
 * @param size of the samples: n m / (n + m)
 */
export function kolmogorovSurvival(distance: number, size: number): number {
  const x = Math.sqrt(size) * distance;
  // 1 to twelve digits; the series below would need ever more terms.
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}
