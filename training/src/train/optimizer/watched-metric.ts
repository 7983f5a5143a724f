import type { WatchedMetric } from '../../run/config/training-config.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';

const LOWER_IS_BETTER: readonly WatchedMetric[] = ['loss', 'logLoss'];

/** Whether a value is better than the best one so far by more than `minDelta`; the first always is. */
export function gains(
  metric: WatchedMetric,
  value: number,
  best: number | null,
  minDelta: number,
): boolean {
  if (best === null) return !Number.isNaN(value);
  return LOWER_IS_BETTER.includes(metric) ? value < best - minDelta : value > best + minDelta;
}

/** The metric at each validation of a phase, in order. */
export function watchedValues(
  history: readonly EpochRecord[],
  phase: EpochRecord['phase'],
  metric: WatchedMetric,
): number[] {
  return history.flatMap((record) =>
    record.phase === phase && record.validation ? [record.validation[metric]] : [],
  );
}

/**
 * Where early stopping stands after some validations, by the rule of Keras' EarlyStopping.
 *
 * @returns index of the best validation (-1 before the first), and whether the patience is at its end.
 */
export function earlyStop(
  values: readonly number[],
  options: { readonly metric: WatchedMetric; readonly patience: number; readonly minDelta: number },
): { best: number; stop: boolean } {
  let best = -1;
  let waited = 0;
  for (const [index, value] of values.entries()) {
    waited++;
    if (gains(options.metric, value, values[best] ?? null, options.minDelta)) {
      best = index;
      waited = 0;
    } else if (waited >= options.patience && index > 0) {
      return { best, stop: true };
    }
  }
  return { best, stop: false };
}
