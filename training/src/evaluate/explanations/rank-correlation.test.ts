import { describe, expect, it } from 'vitest';
import { rankCorrelation } from './rank-correlation.ts';

describe('rankCorrelation', () => {
  it.each<[number[], number[], number]>([
    [[1, 2, 3, 4], [10, 20, 30, 1000], 1],
    [[1, 2, 3, 4], [4, 3, 2, 1], -1],
    // scipy.stats.spearmanr: 0.8207826816681233 (ties share the mean of their ranks), and 0.5.
    [[1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.8207826816681233],
    [[3, 1, 2], [2, 1, 3], 0.5],
    [[1, 1, 1], [1, 2, 3], 0],
  ])('of %j and %j', (a, b, expected) => {
    expect(rankCorrelation(a, b)).toBeCloseTo(expected, 12);
    expect(rankCorrelation(b, a)).toBeCloseTo(expected, 12);
  });

  it('refuses sides of different lengths', () => {
    expect(() => rankCorrelation([1], [1, 2])).toThrow('1 values against 2');
  });
});
