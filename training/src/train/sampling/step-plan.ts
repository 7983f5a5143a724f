import type { FineTuningConfig } from '../../run/config/training-config.ts';
import { createEpochOrder } from './epoch-order.ts';
import { batches } from './image-batch.ts';

export interface StepPlan {
  /** Each with the step before which it ends. */
  readonly stages: readonly (FineTuningConfig['stages'][number] & { readonly end: number })[];
  readonly totalSteps: number;
  readonly epochs: number;
  /** Positions of the training images that a step shows. */
  indices(step: number): number[];
  /** The epoch that a step belongs to, from 0. */
  epochOf(step: number): number;
  /** Number of the epoch, from 1, whose last step was the one before; null within one, 0 at the start. */
  epochEnding(step: number): number | null;
}

/** Which images fine-tuning shows in which step: a function of its arguments alone. */
export function planSteps(
  config: FineTuningConfig,
  labels: readonly number[],
  classes: number,
  seed: number,
): StepPlan {
  const order = createEpochOrder(labels, classes, config.sampler, seed);
  const orderOf = (epoch: number) => batches(order(seed * 1000 + epoch), config.batchSize);
  const stepsPerEpoch = orderOf(0).length;
  let end = 0;
  const stages = config.stages.map((stage) => {
    end += stage.epochs * stepsPerEpoch;
    return { ...stage, end };
  });
  let cached = { epoch: -1, order: [] as number[][] };
  const epochOf = (step: number) => Math.floor(step / stepsPerEpoch);
  return {
    stages,
    totalSteps: end,
    epochs: end / stepsPerEpoch,
    indices(step) {
      const epoch = epochOf(step);
      if (cached.epoch !== epoch) cached = { epoch, order: orderOf(epoch) };
      return cached.order[step % stepsPerEpoch] ?? [];
    },
    epochOf,
    epochEnding: (step) => (step % stepsPerEpoch === 0 ? step / stepsPerEpoch : null),
  };
}
