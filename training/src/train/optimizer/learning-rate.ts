import type { WatchedMetric } from '../../run/config/training-config.ts';
import { gains } from './watched-metric.ts';

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

interface PlateauOptions {
  readonly metric: WatchedMetric;
  readonly factor: number;
  readonly patience: number;
  readonly minDelta: number;
  readonly cooldown: number;
  readonly minLearningRate: number;
}

/**
 * What a plateau schedule has made of the peak learning rate after some validations, by the rules of Keras'
 * ReduceLROnPlateau. A function of the history alone, so that a resumed run goes on with the same rate.
 *
 * @param values the metric at each validation so far.
 * @returns share of the peak learning rate.
 */
export function plateauShare(values: readonly number[], options: PlateauOptions): number {
  const { metric, factor, patience, minDelta, cooldown, minLearningRate } = options;
  let share = 1;
  let best: number | null = null;
  let waited = 0;
  let cooling = 0;
  for (const value of values) {
    if (cooling > 0) {
      cooling--;
      waited = 0;
    }
    if (gains(metric, value, best, minDelta)) {
      best = value;
      waited = 0;
    } else if (cooling === 0) {
      waited++;
      if (waited >= patience && share > minLearningRate) {
        share = Math.max(share * factor, minLearningRate);
        cooling = cooldown;
        waited = 0;
      }
    }
  }
  return share;
}

interface ScheduleOptions {
  readonly schedule: 'cosine' | 'constant' | 'plateau';
  readonly plateau: PlateauOptions;
  readonly warmupSteps: number;
  readonly finalLearningRate: number;
}

/**
 * Share of the peak learning rate at a step, by the configured schedule; a linear warm-up precedes each.
 *
 * @param watched the plateau's metric at each validation so far.
 */
export function learningRateShare(
  options: ScheduleOptions,
  step: number,
  totalSteps: number,
  watched: readonly number[],
): number {
  const { schedule, plateau, warmupSteps, finalLearningRate } = options;
  if (schedule === 'cosine' || step < warmupSteps) {
    return warmupCosine(step, totalSteps, warmupSteps, finalLearningRate);
  }
  return schedule === 'plateau' ? plateauShare(watched, plateau) : 1;
}
