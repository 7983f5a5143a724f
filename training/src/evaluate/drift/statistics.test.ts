import { readFileSync } from 'node:fs';
import { binOf } from '@naevus/shared/monitoring/histograms';
import { describe, expect, it } from 'vitest';
import { chiSquareCritical, chiSquareSurvival } from './chi-square.ts';
import { binnedKolmogorovSmirnov, kolmogorovSurvival } from './kolmogorov-smirnov.ts';
import { joinCounts, joinRare, joinToTenths, populationStability } from './population-stability.ts';

const reference: {
  pairs: { a: number[]; b: number[]; stability: number; distance: number; distanceP: number }[];
  chiSquare: { value: number; degrees: number; p: number }[];
  chiSquareCritical: { p: number; degrees: number; value: number }[];
  bins: { edges: number[]; values: number[]; counts: number[] };
} = JSON.parse(
  readFileSync(new URL('./fixtures/reference-statistics.json', import.meta.url), 'utf8'),
);
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
/** To nine digits of whatever size. */
const near = (value: number) => expect.closeTo(value, 9 - Math.ceil(Math.log10(value || 1)));

describe('the statistics of drift are those of SciPy and NumPy', () => {
  it.each(reference.pairs)('two histograms $a, $b', ({ a, b, ...expected }) => {
    expect(populationStability(a, b)).toEqual(near(expected.stability));
    expect(populationStability(b, a)).toEqual(near(expected.stability));
    const distance = binnedKolmogorovSmirnov(a, b);
    expect(distance).toEqual(near(expected.distance));
    const size = (sum(a) * sum(b)) / (sum(a) + sum(b));
    expect(kolmogorovSurvival(distance, size)).toEqual(near(expected.distanceP));
  });

  it.each(reference.chiSquare)('chi-square over $value, $degrees degrees', (one) => {
    const p = chiSquareSurvival(one.value, one.degrees);
    if (one.p > 0.1) expect(p).toBeCloseTo(one.p, 12);
    else expect(p / one.p).toBeCloseTo(1, 9);
  });

  it.each(reference.chiSquareCritical)('chi-square at $p, $degrees degrees', (one) => {
    expect(chiSquareCritical(one.p, one.degrees) / one.value).toBeCloseTo(1, 9);
  });

  it('bins hold their upper edge, as the buckets of Prometheus do', () => {
    const { edges, values, counts } = reference.bins;
    const own = counts.map(() => 0);
    for (const value of values) own[binOf(value, edges)]!++;
    expect(own).toEqual(counts);
  });
});

describe('what has nothing to differ', () => {
  it('differs by nothing', () => {
    expect(populationStability([5, 5], [5, 5])).toBe(0);
    expect(binnedKolmogorovSmirnov([5, 0], [10, 0])).toBe(0);
    expect(kolmogorovSurvival(0, 100)).toBe(1);
    expect(chiSquareSurvival(0, 9)).toBe(1);
  });

  it('is finite where a bin is empty on one side', () => {
    const index = populationStability([100, 0], [0, 100]);
    expect(index).toBeGreaterThan(5);
    expect(Number.isFinite(index)).toBe(true);
  });
});

describe('joining bins', () => {
  it('makes about tenths, and a bin of its own of what is too much for the last', () => {
    const joined = joinToTenths(Array.from({ length: 40 }, () => 25));
    expect(
      joinCounts(
        Array.from({ length: 40 }, () => 25),
        joined,
      ),
    ).toEqual(Array.from({ length: 10 }, () => 100));
    expect(joinToTenths([88, 0, 0, 6, 6])).toEqual([0, 1, 1, 1, 1]);
    expect(joinToTenths([50, 47, 1, 2])).toEqual([0, 1, 1, 1]);
    expect(joinToTenths([99, 1, 0])).toEqual([0, 1, 1]);
    expect(joinToTenths([0, 0, 99])).toEqual([0, 0, 1]);
    expect(joinToTenths([0, 0, 99, 0])).toEqual([0, 0, 1, 2]);
  });

  it('keeps the categories of which there should be enough', () => {
    expect(joinRare([70, 20, 6, 4], 100)).toEqual([0, 1, 2, 3]);
    expect(joinRare([70, 20, 6, 4], 60)).toEqual([0, 1, 2, 2]);
    expect(joinRare([1, 70, 29, 0], 100)).toEqual([2, 0, 1, 2]);
  });
});
