import { blendedLoss, type LogitLoss, logitLoss } from '../../network/loss/logit-loss.ts';
import { lossLogitOffsets, lossWeights, pooledCounts } from '../../run/class-prior.ts';
import type { PhaseLoss } from '../../run/config/training-config.ts';

/** The configured loss of a phase over rows of logits and strata: source · classes + class. */
export type ClassLoss = (
  logits: Float32Array,
  strata: readonly number[],
  /** Share of the classes' factors that counts; the rest is 1. 1 by default. */
  weightShare?: number,
) => LogitLoss;

/**
 * Each image's logits are adjusted by how often its own source shows each class: what a source photographs most says
 * nothing of what a lesion is.
 *
 * @param counts training images a class, before any resampling; one row a source.
 */
export function createClassLoss(
  counts: readonly (readonly number[])[],
  { sampler, loss }: PhaseLoss,
): ClassLoss {
  const classes = counts[0]!.length;
  const options = {
    classes,
    focalGamma: loss.focalGamma,
    labelSmoothing: loss.labelSmoothing,
    clip: loss.clip ?? undefined,
  };
  const plain = lossWeights(pooledCounts(counts), { ...loss, classWeightPower: 0 });
  const full = lossWeights(pooledCounts(counts), loss);
  const offsets = counts.map((own) => lossLogitOffsets(own, sampler, loss));
  return (logits, strata, weightShare = 1) =>
    logitLoss(
      logits,
      strata.map((stratum) => stratum % classes),
      {
        ...options,
        classWeights: full.map((weight, k) => plain[k]! + weightShare * (weight - plain[k]!)),
        logitOffsets: (row) => offsets[Math.floor(strata[row]! / classes)]!,
      },
    );
}

/** Where in a phase late class weights begin. */
const LATE_FROM = 2 / 3;

/** Share of the classes' factors at a step: 1, or for late ones 0, rising quadratically to 1 over the last third. */
export function classWeightShare(
  { classWeightSchedule }: Pick<PhaseLoss['loss'], 'classWeightSchedule'>,
  step: number,
  totalSteps: number,
): number {
  if (classWeightSchedule === 'constant') return 1;
  const late = (step / Math.max(1, totalSteps - 1) - LATE_FROM) / (1 - LATE_FROM);
  return Math.min(1, Math.max(0, late)) ** 2;
}

/**
 * The loss of images that were mixed: each label's, by its share (Zhang et al. 2018, eq. 2, with a loss that
 * is linear in the target; each label keeps its own class's weight).
 *
 * @param others stratum of the rest of each image.
 * @param share of each image in itself.
 */
export function mixedLoss(
  loss: ClassLoss,
  logits: Float32Array,
  strata: readonly number[],
  others: readonly number[],
  share: number,
): LogitLoss {
  return blendedLoss(loss(logits, strata), loss(logits, others), share);
}
