import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { labelIndex } from '../../taxonomy/current.ts';
import { classificationReport } from './classification-report.ts';
import { CONTEXT, scoredImages } from './fixtures/scored-images.ts';
import { describeMetrics, metricsReport, type ScoredImage } from './metrics-report.ts';

describe('metricsReport', () => {
  const images = scoredImages(200, 1);
  const report = metricsReport(images, CONTEXT);

  it('scores what is served', () => {
    const truth = images.map(({ label }) => labelIndex(label));
    const expected = classificationReport(
      truth,
      images.map(({ scores }) => scores),
    );
    expect(report.metrics).toEqual(expected);
    expect(report.data).toEqual({ ...CONTEXT.data, images: 200, lesions: 100 });
  });

  it('draws lesions, not images, for its intervals', () => {
    expect(report.intervals).toMatchObject({ unit: 'group', units: 100, resamples: 1000 });
    const { low, high } = report.intervals.headline.balancedAccuracy;
    expect(low!).toBeLessThan(report.metrics.balancedAccuracy);
    expect(high!).toBeGreaterThan(report.metrics.balancedAccuracy);
  });

  it('decides against the prior for the uniform one', () => {
    const image = (label: 'mel' | 'nv', mel: number): ScoredImage => ({
      imageId: `${label} ${mel}`,
      label,
      lesionId: null,
      scores: LABELS.map((other) => (other === 'mel' ? mel : other === 'nv' ? 1 - mel : 0)),
    });
    // Naevi are 6.6 times as common: melanoma from a score of 0.1 / 0.76 = 0.132 on.
    const pair = metricsReport([image('mel', 0.14), image('nv', 0.12)], CONTEXT);
    expect(pair.metrics.accuracy).toBe(0.5);
    expect(pair.uniformPriorDecision).toMatchObject({ accuracy: 1, balancedAccuracy: 1 });
    expect(pair.data.lesions).toBe(2);
  });

  it('has intervals for the uniform prior that the same resamples give', () => {
    const { uniformPriorDecision: uniform } = report;
    const { low, high } = uniform.intervals.headline.balancedAccuracy;
    expect(low!).toBeLessThan(uniform.balancedAccuracy);
    expect(high!).toBeGreaterThan(uniform.balancedAccuracy);
    // Under a prior that is uniform already, both decisions are the same one.
    const even = Object.fromEntries(LABELS.map((label) => [label, 1 / LABELS.length]));
    const flat = metricsReport(images, { ...CONTEXT, prior: even as typeof CONTEXT.prior });
    const { intervals } = flat.uniformPriorDecision;
    expect(intervals.headline.macroF1).toEqual(flat.intervals.headline.macroF1);
    expect(intervals.perClass[4]!.recall).toEqual(flat.intervals.perClass[4]!.recall);
  });

  it('is plain JSON that says what could not be read, without its path', () => {
    const unreadable = [{ imageId: 'ISIC_X', path: '/home/someone/ISIC_X.jpg', reason: 'cut off' }];
    const withLost = metricsReport(images, { ...CONTEXT, data: { ...CONTEXT.data, unreadable } });
    const text = JSON.stringify(withLost);
    expect(JSON.parse(text)).toEqual(withLost);
    expect(withLost.data.unreadable).toEqual([{ imageId: 'ISIC_X', reason: 'cut off' }]);
    expect(text).not.toContain('/home/');
  });

  it('takes data that lack classes', () => {
    const naevi = images.filter(({ label }) => label === 'nv' || label === 'mel');
    const partial = metricsReport(naevi, CONTEXT);
    expect(partial.metrics.perClass[labelIndex('df')]!.recall).toBeNull();
    expect(describeMetrics(partial)).toMatch(/df +0 +- /);
  });
});

it('describes the headline figures', () => {
  const report = metricsReport(scoredImages(200, 1), CONTEXT);
  const text = describeMetrics(report);
  expect(text).toContain('200 images of 100 lesions');
  expect(text).toContain(`accuracy           ${report.metrics.accuracy.toFixed(3)} (95 % interval`);
  for (const label of LABELS) expect(text).toContain(label);
});
