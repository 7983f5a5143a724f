import { expect, it } from 'vitest';
import { warmupCosine } from './learning-rate.ts';

it('rises in a line, falls in a half cosine, ends where it is told', () => {
  expect(warmupCosine(0, 110, 10, 0)).toBeCloseTo(0.1);
  expect(warmupCosine(9, 110, 10, 0)).toBeCloseTo(1);
  expect(warmupCosine(10, 110, 10, 0)).toBeCloseTo(1);
  expect(warmupCosine(60, 110, 10, 0)).toBeCloseTo(0.5);
  expect(warmupCosine(110, 110, 10, 0.02)).toBeCloseTo(0.02);
});
