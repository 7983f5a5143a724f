import { blendedLoss, type LogitLoss, logitLoss } from '../../network/loss/logit-loss.ts';
import { lossLogitOffsets, lossWeights } from '../../run/class-prior.ts';
import type { PhaseLoss } from '../../run/config/training-config.ts';

/** The configured loss of a phase over rows of logits and class indices. */
export type ClassLoss = (logits: Float32Array, labels: readonly number[]) => LogitLoss;

/** @param counts training images a class, before any resampling. */
export function createClassLoss(
  counts: readonly number[],
  { sampler, loss }: PhaseLoss,
): ClassLoss {
  const options = {
    classes: counts.length,
    focalGamma: loss.focalGamma,
    labelSmoothing: loss.labelSmoothing,
    classWeights: lossWeights(counts, loss),
    logitOffsets: lossLogitOffsets(counts, sampler, loss),
  };
  return (logits, labels) => logitLoss(logits, labels, options);
}

/**
 * The loss of images that were mixed: each label's, by its share (Zhang et al. 2018, eq. 2, with a loss that
 * is linear in the target; each label keeps its own class's weight).
 *
 * @param others label of the rest of each image.
 * @param share of each image in itself.
 */
export function mixedLoss(
  loss: ClassLoss,
  logits: Float32Array,
  labels: readonly number[],
  others: readonly number[],
  share: number,
): LogitLoss {
  return blendedLoss(loss(logits, labels), loss(logits, others), share);
}
