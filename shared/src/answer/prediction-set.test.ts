import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/random.ts';
import { LABELS } from '../taxonomy/fixtures/ham10000-classes.ts';
import { COVERAGES, conformalQuantile, conformalSet, nonconformity } from './prediction-set.ts';

/** Names of the classes that {@link conformalSet} holds. */
const labelsOfSet = (...of: Parameters<typeof conformalSet>) =>
  conformalSet(...of).classes.map((k) => LABELS[k]);

const SCORES = [0.05, 0.1, 0.02, 0.01, 0.3, 0.5, 0.02];

describe('nonconformity', () => {
  it('of LAC is what a score lacks of 1', () => {
    expect(nonconformity(SCORES, 'lac')[4]).toBeCloseTo(0.7, 12);
  });

  it('of RAPS is the mass above, half of the own, and a penalty from the third rank on', () => {
    const misfit = nonconformity(SCORES, 'raps');
    expect(misfit[5]).toBeCloseTo(0.25, 12);
    expect(misfit[4]).toBeCloseTo(0.5 + 0.15, 12);
    expect(misfit[1]).toBeCloseTo(0.8 + 0.05 + 0.1, 12);
    expect(misfit[3]).toBeCloseTo(0.99 + 0.005 + 0.5, 12);
  });
});

describe('conformalSet', () => {
  const all = (quantile: number) => SCORES.map(() => quantile);

  it('holds the classes that fit no worse than their quantile', () => {
    expect(labelsOfSet(SCORES, 'lac', all(0.9))).toEqual(['bcc', 'mel', 'nv']);
    expect(labelsOfSet(SCORES, 'lac', all(Number.POSITIVE_INFINITY))).toHaveLength(7);
  });

  it('has a quantile for each class', () => {
    const quantiles = all(0.4);
    quantiles[3] = 0.995;
    expect(labelsOfSet(SCORES, 'lac', quantiles)).toEqual(['df', 'nv']);
  });

  it.each(['lac', 'raps'] as const)(
    'by %s always holds the class with the highest score',
    (kind) => {
      const random = createRandom(7);
      for (let trial = 0; trial < 500; trial++) {
        const weights = SCORES.map(() => random.next() ** 4);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const scores = weights.map((weight) => weight / total);
        const quantiles = SCORES.map(() => random.next());
        const { classes, typical } = conformalSet(scores, kind, quantiles);
        const labels = classes.map((k) => LABELS[k]!);
        const misfit = nonconformity(scores, kind);
        const fitting = LABELS.filter((_, k) => misfit[k]! <= quantiles[k]!);
        const top = LABELS[scores.indexOf(Math.max(...scores))]!;
        expect(labels).toContain(top);
        expect(labels.filter((label) => label !== top)).toEqual(
          fitting.filter((label) => label !== top),
        );
        expect(typical).toBe(fitting.length > 0);
      }
    },
  );

  it('says where no class fits', () => {
    expect(conformalSet(SCORES, 'lac', all(0.4))).toMatchObject({
      classes: [LABELS.indexOf('nv')],
      typical: false,
    });
    expect(conformalSet(SCORES, 'lac', all(0.5))).toMatchObject({
      classes: [LABELS.indexOf('nv')],
      typical: true,
    });
  });
});

describe('conformalQuantile', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];

  it('counts one more than there are', () => {
    expect(conformalQuantile(values, 0.8)).toBe(8);
    expect(conformalQuantile(values, 0.9)).toBe(9);
    expect(conformalQuantile(values, 0.91)).toBe(Number.POSITIVE_INFINITY);
    expect(conformalQuantile([], 0.8)).toBe(Number.POSITIVE_INFINITY);
  });

  it('covers what it promises, on average of further draws', () => {
    const random = createRandom(4);
    for (const coverage of [COVERAGES[0]!, 0.9, COVERAGES.at(-1)!]) {
      let covered = 0;
      const trials = 3000;
      for (let trial = 0; trial < trials; trial++) {
        const sample = Array.from({ length: 120 }, () => random.next()).sort((a, b) => a - b);
        if (random.next() <= conformalQuantile(sample, coverage)) covered++;
      }
      expect(covered / trials).toBeGreaterThan(coverage - 0.02);
      expect(covered / trials).toBeLessThan(coverage + 0.03);
    }
  });
});
