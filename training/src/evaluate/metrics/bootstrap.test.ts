import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { bootstrapIntervals, bootstrapStatistics } from './bootstrap.ts';
import { classificationReport, createReporter } from './classification-report.ts';

/** Two classes, right with probability 0.8. */
function twoClasses(samples: number, seed: number) {
  const random = createRandom(seed);
  const truth = Array.from({ length: samples }, () => random.integer(2));
  const probabilities = truth.map((k) => {
    const right = random.next() < 0.8;
    const score = 0.5 + random.next() / 2;
    return (right ? k : 1 - k) === 0 ? [score, 1 - score] : [1 - score, score];
  });
  return { truth, probabilities };
}

describe('bootstrapIntervals', () => {
  it('weighs samples as if each stood there that many times', () => {
    const { truth, probabilities } = twoClasses(40, 1);
    const random = createRandom(2);
    const weights = truth.map(() => random.integer(4));
    const repeated = <T>(values: T[]) => values.flatMap((v, i) => Array<T>(weights[i]!).fill(v));
    const weighted = createReporter(truth, probabilities)(weights);
    const expected = classificationReport(repeated(truth), repeated(probabilities));
    const round = (report: unknown) =>
      JSON.parse(JSON.stringify(report), (_, v) =>
        typeof v === 'number' ? Number(v.toFixed(12)) : v,
      );
    expect(round(weighted)).toEqual(round(expected));
  });

  it('gives the width that a binomial share has', () => {
    const samples = 1000;
    const { truth, probabilities } = twoClasses(samples, 3);
    const { accuracy } = classificationReport(truth, probabilities);
    const { headline } = bootstrapIntervals(truth, probabilities, { seed: 1, resamples: 2000 });
    const deviation = Math.sqrt((accuracy * (1 - accuracy)) / samples);
    expect(headline.accuracy.low! - (accuracy - 1.96 * deviation)).toBeCloseTo(0, 2);
    expect(headline.accuracy.high! - (accuracy + 1.96 * deviation)).toBeCloseTo(0, 2);
    expect(headline.accuracy.resamples).toBe(2000);
  });

  it('is wider where the samples are copies within groups', () => {
    const { truth, probabilities } = twoClasses(200, 4);
    const fourfold = <T>(values: T[]) => values.flatMap((v) => [v, v, v, v]);
    const groups = fourfold(truth.map((_, i) => `lesion ${i}`));
    const options = { seed: 1, resamples: 500 };
    const width = (grouped: boolean) => {
      const result = bootstrapIntervals(
        fourfold(truth),
        fourfold(probabilities),
        grouped ? { ...options, groups } : options,
      );
      expect(result.unit).toBe(grouped ? 'group' : 'sample');
      expect(result.units).toBe(grouped ? 200 : 800);
      return result.headline.accuracy.high! - result.headline.accuracy.low!;
    };
    // Four copies carry no more than one: the deviation is sqrt(4) times as wide.
    expect(width(true) / width(false)).toBeGreaterThan(1.7);
    expect(width(true) / width(false)).toBeLessThan(2.3);
  });

  it('takes samples without a group as groups of their own', () => {
    const { truth, probabilities } = twoClasses(30, 5);
    const groups = truth.map((_, i) => (i < 3 ? 'a' : null));
    expect(bootstrapIntervals(truth, probabilities, { seed: 1, resamples: 5, groups }).units).toBe(
      28,
    );
  });

  it('says in how many resamples a rare class was there', () => {
    const truth = [0, 0, 0, 0, 1];
    const probabilities = truth.map(() => [0.6, 0.3, 0.1]);
    const { perClass } = bootstrapIntervals(truth, probabilities, { seed: 1, resamples: 400 });
    // Missed by 5 draws with probability 0.8^5 = 0.33.
    expect(perClass[1]!.recall.resamples).toBeGreaterThan(220);
    expect(perClass[1]!.recall.resamples).toBeLessThan(320);
    expect(perClass[2]!.recall).toEqual({ low: null, high: null, resamples: 0 });
  });

  it('is the same for the same seed, and another for another', () => {
    const { truth, probabilities } = twoClasses(100, 6);
    const at = (seed: number) => bootstrapIntervals(truth, probabilities, { seed, resamples: 50 });
    expect(at(1)).toEqual(at(1));
    expect(at(1).headline).not.toEqual(at(2).headline);
  });

  it('scores 2,000 samples of seven classes a thousand times within seconds', () => {
    const random = createRandom(7);
    const truth = Array.from({ length: 2000 }, () => random.integer(7));
    const probabilities = truth.map(() => {
      const row = Array.from({ length: 7 }, random.next);
      const sum = row.reduce((a, b) => a + b, 0);
      return row.map((p) => p / sum);
    });
    const start = performance.now();
    bootstrapIntervals(truth, probabilities, { seed: 1 });
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('refuses options out of range', () => {
    const { truth, probabilities } = twoClasses(10, 8);
    const run = (options: object) => () =>
      bootstrapIntervals(truth, probabilities, { seed: 1, ...options });
    expect(run({ resamples: 0 })).toThrow(/resamples/);
    expect(run({ confidence: 95 })).toThrow(/confidence/);
    expect(run({ groups: ['a'] })).toThrow(/10 samples but 1 groups/);
  });
});

describe('bootstrapStatistics', () => {
  it('gives the intervals that the whole report gives, from the same resamples', () => {
    const { truth, probabilities } = twoClasses(60, 9);
    const groups = truth.map((_, i) => `lesion ${i >> 1}`);
    const options = { seed: 3, resamples: 200, groups };
    const report = createReporter(truth, probabilities);
    const { accuracy, recall } = bootstrapStatistics(
      truth.length,
      (weights) => {
        const { accuracy, perClass } = report(weights);
        return { accuracy, recall: perClass[1]!.recall };
      },
      options,
    );
    const { headline, perClass } = bootstrapIntervals(truth, probabilities, options);
    expect(accuracy).toEqual(headline.accuracy);
    expect(recall).toEqual(perClass[1]!.recall);
  });

  it('counts the resamples that define a statistic', () => {
    let calls = 0;
    const { some } = bootstrapStatistics(4, () => ({ some: calls++ % 2 === 0 ? 1 : null }), {
      seed: 1,
      resamples: 10,
    });
    expect(some).toEqual({ low: 1, high: 1, resamples: 5 });
  });
});
