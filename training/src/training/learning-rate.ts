/**
 * Linear warm-up, then a half cosine (Loshchilov, Hutter 2017).
 *
 * @param step from 0.
 * @returns share of the peak learning rate, in (0, 1].
 */
export function warmupCosine(
  step: number,
  totalSteps: number,
  warmupSteps: number,
  finalShare: number,
): number {
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return finalShare + ((1 - finalShare) * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
}
