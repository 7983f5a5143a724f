import { labels } from '../taxonomy/current.ts';
import { powerClassWeights } from './balanced-class-weights.ts';
import type { LossConfig, Sampler } from './config/training-config.ts';

// Counts and shares in this file are in the order of labels().

const SAMPLER_POWER: Readonly<Record<Sampler, number>> = {
  natural: 1,
  'square-root': 0.5,
  balanced: 0,
  oversampling: 0,
  smote: 0,
};

/** Images a class, from the class index of each image. */
export function countLabels(labels: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/**
 * Images a class of each source, from the stratum of each image: source · classes + class.
 *
 * @returns one row a source
 */
export function countStrata(
  strata: readonly number[],
  classes: number,
  sources: number,
): number[][] {
  const counts = countLabels(strata, classes * sources);
  return Array.from({ length: sources }, (_, s) => counts.slice(s * classes, (s + 1) * classes));
}

/** Images a class of all sources together. */
export function pooledCounts(bySource: readonly (readonly number[])[]): number[] {
  return bySource[0]!.map((_, k) => bySource.reduce((sum, counts) => sum + counts[k]!, 0));
}

/** Counts as shares that sum to 1. */
export function classShares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

/** How often a sampler shows each class: shares that sum to 1; 0 of a class without images. */
export function sampledShares(counts: readonly number[], sampler: Sampler): number[] {
  return classShares(counts.map((count) => (count === 0 ? 0 : count ** SAMPLER_POWER[sampler])));
}

/**
 * Factor of each class's loss: its balanced weight to the configured power, times the focal loss's α (Lin et
 * al. 2017, eq. 5).
 *
 * @param counts training images a class before any resampling, as scikit-learn's 'balanced' is fitted.
 */
export function lossWeights(
  counts: readonly number[],
  { classWeightPower, focalAlpha }: Pick<LossConfig, 'classWeightPower' | 'focalAlpha'>,
): number[] {
  const byLabel = Object.fromEntries(labels().map((label, k) => [label, counts[k] ?? 0]));
  const weights = powerClassWeights(byLabel, classWeightPower);
  return labels().map((label, k) => {
    const alpha = typeof focalAlpha === 'number' ? focalAlpha : (focalAlpha[k] ?? 1);
    return alpha * (weights[label] ?? 1);
  });
}

/**
 * What the loss adds to the logits: τ · log of how often each class is shown (Menon et al. 2021, eq. 10). A class
 * without images is taken out of the softmax: a source that has none of it says nothing of it.
 */
export function lossLogitOffsets(
  counts: readonly number[],
  sampler: Sampler,
  { logitAdjustment }: LossConfig,
): number[] {
  // A source that nothing is trained on is validated on all the same.
  if (counts.every((count) => count === 0)) return counts.map(() => 0);
  return sampledShares(counts, sampler).map((share) =>
    share === 0 ? Number.NEGATIVE_INFINITY : logitAdjustment * Math.log(share),
  );
}

/**
 * The class distribution that softmax(logits) assumes after training: what was shown, times the loss's
 * weights, less what the loss itself added to the logits. Exact for cross-entropy; a focal loss has no such
 * closed form and is measured by its calibration instead.
 */
export function assumedPrior(
  counts: readonly number[],
  sampler: Sampler,
  loss: LossConfig,
): number[] {
  const weights = lossWeights(counts, loss);
  const offsets = lossLogitOffsets(counts, sampler, loss);
  const shares = sampledShares(counts, sampler);
  return classShares(
    shares.map((share, k) => (share * (weights[k] ?? 1)) / Math.exp(offsets[k] ?? 0)),
  );
}

/** Bias that takes logits from one class distribution to another by Bayes' rule: log wanted − log assumed. */
export function priorLogitBias(assumed: readonly number[], wanted: readonly number[]): number[] {
  return assumed.map((share, k) => Math.log(wanted[k] ?? 0) - Math.log(share));
}
