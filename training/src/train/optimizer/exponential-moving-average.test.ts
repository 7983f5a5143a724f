import { expect, it } from 'vitest';
import type { NetworkParameters } from '../../network/network-parameters.ts';
import { ExponentialMovingAverage } from './exponential-moving-average.ts';

/** One parameter of one number. */
const weights = (value: number) =>
  ({
    all: () => [{ spec: { name: 'w' }, values: Float32Array.of(value) }],
  }) as unknown as NetworkParameters;

const averages = (options: { decay: number; evenFrom?: number }) => {
  const average = new ExponentialMovingAverage(weights(0), options);
  return [10, 20, 30, 40, 50].map((value, step) => {
    average.update(weights(value), step);
    return average.values.get('w')![0]!;
  });
};

it('averages the weights from a step on evenly, and forgets those before it', () => {
  expect(averages({ decay: 0.9, evenFrom: 2 }).slice(2)).toEqual([30, 35, 40]);
});

it('moves until then, early steps over fewer', () => {
  const moving = averages({ decay: 0.5 });
  expect(averages({ decay: 0.5, evenFrom: 2 }).slice(0, 2)).toEqual(moving.slice(0, 2));
  expect(moving[0]).toBeCloseTo(9, 5);
  expect(moving[4]).toBeCloseTo(moving[3]! * (5 / 14) + 50 * (9 / 14), 4);
});

it('is the weights as they are where nothing is averaged yet', () => {
  expect(averages({ decay: 0, evenFrom: 4 })).toEqual([10, 20, 30, 40, 50]);
});
