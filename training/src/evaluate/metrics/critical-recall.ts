import { criticalClasses } from '../../taxonomy/current.ts';
import type { SampleWeights } from './confusion-matrix.ts';

/** Of the images of critical classes, the share that was given the right class; null where there is none. */
export function criticalRecall(
  truth: readonly number[],
  predicted: readonly number[],
  weights?: SampleWeights,
): number | null {
  const critical = criticalClasses();
  let [found, all] = [0, 0];
  for (const [i, k] of truth.entries()) {
    if (!critical[k]) continue;
    const weight = weights === undefined ? 1 : weights[i]!;
    all += weight;
    if (predicted[i] === k) found += weight;
  }
  return all === 0 ? null : found / all;
}
