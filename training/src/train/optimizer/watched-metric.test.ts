import { describe, expect, it } from 'vitest';
import type { WatchedMetric } from '../../run/config/training-config.ts';
import reference from './fixtures/keras-callbacks.json' with { type: 'json' };
import { plateauShare } from './learning-rate.ts';
import { earlyStop } from './watched-metric.ts';

describe('earlyStop', () => {
  it.each(reference.earlyStopping)(
    "stops where Keras' EarlyStopping does: patience $patience, delta $minDelta, $metric",
    ({ metric, values, patience, minDelta, stopped, validations, best }) => {
      const options = { metric: metric as WatchedMetric, patience, minDelta };
      const stops = values.map((_, i) => earlyStop(values.slice(0, i + 1), options));
      const last = stopped ? stops.findIndex(({ stop }) => stop) : values.length - 1;
      expect(last + 1).toBe(validations);
      expect(stops[last]).toEqual({ best, stop: stopped });
    },
  );

  it('waits for a first validation', () => {
    const options = { metric: 'loss', patience: 1, minDelta: 0 } as const;
    expect(earlyStop([], options)).toEqual({ best: -1, stop: false });
    expect(earlyStop([Number.NaN, 2], options)).toEqual({ best: 1, stop: false });
  });
});

describe('plateauShare', () => {
  it.each(reference.plateau)(
    "lowers the rate where Keras' ReduceLROnPlateau does: $options, $metric",
    ({ metric, values, options, learningRates }) => {
      const { factor, patience, min_delta, cooldown, min_lr } = options;
      for (const [i, rate] of learningRates.entries()) {
        const share = plateauShare(values.slice(0, i + 1), {
          metric: metric as WatchedMetric,
          factor,
          patience,
          minDelta: min_delta,
          cooldown,
          minLearningRate: min_lr,
        });
        expect(share, `after validation ${i + 1}`).toBeCloseTo(rate, 6);
      }
    },
  );
});
