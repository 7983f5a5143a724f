import { conformalQuantile } from '@naevus/shared/answer/prediction-set';
import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { sourceWeights } from './source-weights.ts';
import { weightedConformalQuantile } from './weighted-quantile.ts';

describe('weightedConformalQuantile', () => {
  it('is the conformal quantile where weights are equal', () => {
    const random = createRandom(2);
    for (const count of [1, 3, 19, 20, 199]) {
      const values = Array.from({ length: count }, () => random.next());
      const sorted = [...values].sort((a, b) => a - b);
      for (const share of [0.5, 0.8, 0.9, 0.95, 0.99]) {
        const weighted = values.map((value) => ({ value, weight: 0.7 }));
        expect(weightedConformalQuantile(weighted, share)).toBe(conformalQuantile(sorted, share));
      }
    }
  });

  it('counts a value as much as it weighs', () => {
    const values = [1, 2, 3, 4].map((value) => ({ value, weight: value === 4 ? 97 : 1 }));
    expect(weightedConformalQuantile(values, 0.02)).toBe(3);
    expect(weightedConformalQuantile(values, 0.5)).toBe(4);
    expect(weightedConformalQuantile(values, 0.9)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('sourceWeights', () => {
  it('gives home half, and each other source the same part of the rest', () => {
    const images = ['a', 'a', 'a', 'a', 'b', 'c', 'c', 'a'].map((source) => ({ source }));
    const weights = sourceWeights(images, 'a');
    const of = (wanted: string) =>
      weights.reduce((sum, weight, i) => sum + (images[i]!.source === wanted ? weight : 0), 0);
    expect(of('a')).toBeCloseTo(4);
    expect(of('b')).toBeCloseTo(2);
    expect(of('c')).toBeCloseTo(2);
  });

  it('is 1 each for one source, and leaves home out where it has no image', () => {
    expect(sourceWeights([{ source: 'b' }, { source: 'b' }], 'a')).toEqual([1, 1]);
    expect(sourceWeights([{ source: 'b' }, { source: 'c' }, { source: 'c' }], 'a')).toEqual([
      1.5, 0.75, 0.75,
    ]);
  });
});
