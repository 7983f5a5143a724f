import { COVERAGES } from '@naevus/shared/answer/prediction-set';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { ttaReport, type ViewedImage } from './tta-report.ts';
import { viewLogits } from './view-logits.ts';

const random = createRandom(4);
const PRIOR = Object.fromEntries(LABELS.map((label) => [label, 1 / 7])) as Record<Label, number>;
const RADIUS = COVERAGES.map(() => LABELS.map(() => 0.8));
const fitted = {
  calibration: { temperature: 1, logitBias: LABELS.map(() => 0) },
  quantiles: { lac: RADIUS, raps: RADIUS },
  thresholds: { 'melanoma-sensitivity-95': 0.2 },
} as unknown as ViewedImage['fitted'];

/** Truth and noise in each view: the more views, the less noise. */
const images: ViewedImage[] = Array.from({ length: 210 }, (_, i) => {
  const label = LABELS[i % 7]!;
  const views = Array.from({ length: 8 }, () =>
    LABELS.map((other) => (other === label ? 1.5 : 0) + 2 * random.normal()),
  );
  const mean = (count: number) =>
    Float32Array.from(
      LABELS,
      (_, k) => views.slice(0, count).reduce((s, v) => s + v[k]!, 0) / count,
    );
  return {
    label,
    lesionId: i % 2 === 0 ? `lesion-${i % 14}-${Math.floor(i / 28)}` : null,
    logits: { 1: mean(1), 2: mean(2), 4: mean(4), 8: mean(8) },
    fitted,
  };
});

describe('ttaReport', () => {
  const report = ttaReport(images, { prior: PRIOR, conformity: 'lac', seed: 2, resamples: 200 });
  const [one, , four, eight] = report.byViews;

  it('finds the gain of averaging noise away', () => {
    expect(report.byViews.map(({ networkRuns }) => networkRuns)).toEqual([1, 2, 4, 8]);
    expect(one!.difference).toBeNull();
    for (const { difference, figures } of [four!, eight!]) {
      expect(difference!.accuracy.interval.low).toBeGreaterThan(0);
      expect(difference!.logLoss.interval.high).toBeLessThan(0);
      expect(difference!.accuracy.value).toBeCloseTo(
        figures.accuracy.value! - one!.figures.accuracy.value!,
        12,
      );
    }
    const right = images.filter(
      ({ label, logits }) => LABELS[logits[8].indexOf(Math.max(...logits[8]))] === label,
    );
    expect(eight!.figures.accuracy.value).toBeCloseTo(right.length / images.length, 12);
    // The prior is uniform already.
    expect(eight!.figures.accuracyUniformPrior.value).toBe(eight!.figures.accuracy.value);
  });

  it('pairs the resamples: views that are alike differ by nothing', () => {
    const alike = images.map((image) => ({
      ...image,
      logits: { ...image.logits, 2: image.logits[1], 4: image.logits[1] },
    }));
    const paired = ttaReport(alike, { prior: PRIOR, conformity: 'lac', seed: 2, resamples: 50 });
    for (const { value, interval } of Object.values(paired.byViews[1]!.difference!)) {
      expect([value, interval.low, interval.high]).toEqual([0, 0, 0]);
    }
  });
});

describe('viewLogits', () => {
  it('averages the first views of the same eight', async () => {
    let asked = 0;
    const logits = await viewLogits(async () => Float32Array.of(2 ** asked++), {
      rgb: new Uint8Array(224 * 224 * 3),
    });
    expect(asked).toBe(8);
    expect([logits[1][0], logits[2][0], logits[4][0], logits[8][0]]).toEqual([
      1,
      3 / 2,
      15 / 4,
      255 / 8,
    ]);
  });

  it('shows the whole picture in every second view', async () => {
    const seen: number[] = [];
    await viewLogits(
      async (rgb) => {
        seen.push(rgb[0]!);
        return Float32Array.of(0);
      },
      {
        rgb: new Uint8Array(224 * 224 * 3).fill(1),
        whole: { rgb: new Uint8Array(224 * 224 * 3).fill(2), crop: 0.87 },
      },
    );
    expect(seen).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  });
});
