import { type LogitLoss, logitLoss } from '../loss/logit-loss.ts';
import { lossLogitOffsets, lossWeights } from './class-prior.ts';
import type { LossConfig, Sampler } from './training-config.ts';

/** The configured loss of a phase over rows of logits and class indices. */
export type ClassLoss = (logits: Float32Array, labels: readonly number[]) => LogitLoss;

/** @param counts training images a class, before any resampling. */
export function createClassLoss(
  counts: readonly number[],
  sampler: Sampler,
  loss: LossConfig,
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
