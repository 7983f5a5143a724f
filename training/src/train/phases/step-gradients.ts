import type { Random } from '@naevus/shared/statistics/random';
import { type BatchMix, mixedLabels } from '../../data/augmentation/mix-images.ts';
import { distillationLoss } from '../../network/loss/distillation-loss.ts';
import { blendedLoss } from '../../network/loss/logit-loss.ts';
import type { ImageBatch, TrainableNetwork } from '../../network/trainable-network.ts';
import type { FineTuningConfig } from '../../run/config/training-config.ts';
import {
  accumulateGradients,
  type BatchGradients,
  type RowsLoss,
} from '../optimizer/accumulate-gradients.ts';
import { type ClassLoss, mixedLoss } from './class-loss.ts';

/** Share of a batch's statistics in the running ones while training; PyTorch's default. */
const STATISTICS_MOMENTUM = 0.1;

export interface TrainingStep {
  readonly batch: ImageBatch;
  /** Source · classes + class of each image. */
  readonly strata: readonly number[];
  /** How the batch is mixed, or null where it is not. */
  readonly mix: BatchMix | null;
  /** [N, classes], row-major, where there is a teacher. */
  readonly teacherLogits: Float32Array | null;
  readonly loss: ClassLoss;
  readonly config: FineTuningConfig;
  /** Whether a block is frozen. */
  readonly isFrozen: (block: string) => boolean;
  /** For dropped paths and features. */
  readonly random: Random;
}

/**
 * Gradients of one fine-tuning step; the network's running statistics move with the batch's where batch norm
 * is trained.
 */
export function stepGradients(network: TrainableNetwork, step: TrainingStep): BatchGradients {
  const { batch, config, isFrozen, random } = step;
  return accumulateGradients(
    network,
    batch,
    config.microBatchSize,
    {
      random,
      dropPathRate: config.dropPath,
      dropoutRate: config.dropout,
      usesBatchStatistics: (block) => config.batchNorm === 'trained' && !isFrozen(block),
      onBatchStatistics: (norm, mean, variance) => {
        moveStatistic(network, `${norm}.running_mean`, mean);
        moveStatistic(network, `${norm}.running_var`, variance);
      },
    },
    rowsLoss(step, network.architecture.classes),
  );
}

/** The loss of some rows: of their labels, mixed as the images are, and of what the teacher says. */
function rowsLoss(
  { strata, mix, teacherLogits, loss, config: { distillation } }: TrainingStep,
  classes: number,
): RowsLoss {
  const others = mix ? mixedLabels(strata) : strata;
  return (logits, from, rows) => {
    const own = strata.slice(from, from + rows);
    const ofLabels = mix
      ? mixedLoss(loss, logits, own, others.slice(from, from + rows), mix.share)
      : loss(logits, own);
    if (!distillation || !teacherLogits) return ofLabels;
    const ofTeacher = distillationLoss(
      logits,
      teacherLogits.subarray(from * classes, (from + rows) * classes),
      { classes, temperature: distillation.temperature },
    );
    return blendedLoss(ofTeacher, ofLabels, distillation.share);
  };
}

function moveStatistic(network: TrainableNetwork, name: string, batch: Float32Array): void {
  const { values } = network.parameters.get(name);
  for (let i = 0; i < values.length; i++) {
    values[i] = (1 - STATISTICS_MOMENTUM) * values[i]! + STATISTICS_MOMENTUM * batch[i]!;
  }
  network.parameters.changed(name);
}
