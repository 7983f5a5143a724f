import { expect, it } from 'vitest';
import { learningRateShare, warmupCosine } from './learning-rate.ts';

it('rises in a line, falls in a half cosine, ends where it is told', () => {
  expect(warmupCosine(0, 110, 10, 0)).toBeCloseTo(0.1);
  expect(warmupCosine(9, 110, 10, 0)).toBeCloseTo(1);
  expect(warmupCosine(10, 110, 10, 0)).toBeCloseTo(1);
  expect(warmupCosine(60, 110, 10, 0)).toBeCloseTo(0.5);
  expect(warmupCosine(110, 110, 10, 0.02)).toBeCloseTo(0.02);
});

it('warms up before each schedule, then falls, stays, or follows the plateaus', () => {
  const options = {
    warmupSteps: 10,
    finalLearningRate: 0,
    plateau: {
      metric: 'loss',
      factor: 0.1,
      patience: 1,
      minDelta: 0,
      cooldown: 0,
      minLearningRate: 0,
    },
  } as const;
  for (const schedule of ['cosine', 'constant', 'plateau'] as const) {
    expect(learningRateShare({ ...options, schedule }, 4, 110, [1, 2])).toBeCloseTo(0.5);
  }
  expect(learningRateShare({ ...options, schedule: 'cosine' }, 60, 110, [1, 2])).toBeCloseTo(0.5);
  expect(learningRateShare({ ...options, schedule: 'constant' }, 60, 110, [1, 2])).toBe(1);
  expect(learningRateShare({ ...options, schedule: 'plateau' }, 60, 110, [1, 2])).toBeCloseTo(0.1);
});
