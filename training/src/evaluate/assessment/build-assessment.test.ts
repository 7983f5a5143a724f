import { assessmentSpecSchema } from '@naevus/shared/answer/assessment-spec';
import { defaultOperatingPoint, operatingPointNames } from '@naevus/shared/answer/operating-point';
import { COVERAGES } from '@naevus/shared/answer/prediction-set';
import { softmax } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { beforeAll, describe, expect, it } from 'vitest';
import { assessmentSection } from '../../reports/assessment-section.ts';
import { assessmentPictures } from '../../reports/charts/assessment-charts.ts';
import type { AssessedImage } from './assessed-image.ts';
import { assessmentSpec } from './assessment-spec.ts';
import { type AssessmentInput, type BuiltAssessment, buildAssessment } from './build-assessment.ts';
import { drawLabel } from './fixtures/draw-label.ts';

const random = createRandom(5);
const quality = (sharpness: number) => ({
  sharpness,
  brightness: 0.5 + 0.1 * random.next(),
  clipped: 0.01 * random.next(),
  lesion_contrast: 0.1 + 0.2 * random.next(),
  colour: -6 + 2 * random.normal(),
  lesion_area: 0.2 + 0.3 * random.next(),
  hair: 0.05 * random.next(),
});

/** Twice as sure as it should be, two images a lesion. */
function image(i: number): AssessedImage {
  const logits = LABELS.map(() => 1.5 * random.normal());
  return {
    imageId: `image-${i}`,
    label: drawLabel(softmax(logits), random),
    lesionId: i % 3 === 0 ? null : `lesion-${Math.floor(i / 2)}`,
    source: '',
    logits: Float32Array.from(logits, (logit) => 2 * logit),
    quality: quality(0.5 + 0.3 * random.next()),
    distance: 0.2 * random.next(),
  };
}

const images = Array.from({ length: 1500 }, (_, i) => image(i));
const input: AssessmentInput = {
  images,
  nonLesions: Array.from({ length: 40 }, (_, i) => ({
    use: i % 2 === 0 ? 'choosing' : 'held-back',
    kind: i % 4 < 2 ? 'photograph' : 'noise',
    distance: 0.15 + 0.3 * random.next(),
    quality: quality(0.6),
    logits: Float32Array.from(LABELS, () => random.normal()),
  })),
  degraded: [{ degradation: 'blurred', qualities: [quality(0.1), quality(0.2), quality(0.7)] }],
  split: 'validation',
  plan: {
    base: { temperature: 1, logitBias: LABELS.map(() => 0) },
    priorBias: LABELS.map(() => 0),
    home: '',
  },
  seed: 1,
};

describe('buildAssessment', () => {
  let built: BuiltAssessment;
  beforeAll(() => {
    built = buildAssessment(input);
  });

  it('chooses the calibration that makes the scores right', () => {
    const { calibration } = built.report;
    expect(calibration.chosen).not.toBe('none');
    const ece = (method: string) => calibration.candidates.find((c) => c.method === method)!.ece;
    expect(ece('none')).toBeGreaterThan(0.1);
    expect(ece(calibration.chosen)).toBeLessThan(0.06);
    for (const row of built.heldOutScores) {
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    }
  });

  it('covers what it promises, class by class, on lesions that had no part in it', () => {
    for (const kind of ['lac', 'raps'] as const) {
      for (const { coverage, overall, perClass } of built.report.conformal.byScore[kind]) {
        expect(Math.abs(overall - coverage)).toBeLessThan(0.04);
        for (const own of perClass) expect(own.coverage!).toBeGreaterThan(coverage - 0.09);
      }
    }
  });

  it('finds the share of melanomas that an operating point is named for', () => {
    for (const [point, share] of [
      ['melanoma-sensitivity-90', 0.9],
      ['melanoma-sensitivity-98', 0.98],
    ] as const) {
      const { value, interval } = built.report.triage[point]!.melanomaSensitivity;
      expect(interval![0]).toBeLessThanOrEqual(value!);
      expect(interval![0]).toBeLessThan(share + 1e-9);
      expect(interval![1]).toBeGreaterThan(share - 1e-9);
    }
    const { specificity, threshold } = built.report.triage['specificity-90']!;
    expect(Math.abs(specificity.value! - 0.9)).toBeLessThan(0.04);
    expect(threshold).toBe(built.fitted.thresholds['specificity-90']);
  });

  it('measures operating points as means over many deals, and says how far deals lie apart', () => {
    for (const point of operatingPointNames(HAM10000)) {
      const { melanomaSensitivity, specificity } = built.report.triage[point]!;
      for (const { value, deals } of [melanomaSensitivity, specificity]) {
        expect(deals.count).toBe(40);
        expect(deals.lowest!).toBeLessThan(value!);
        expect(deals.highest!).toBeGreaterThan(value!);
      }
    }
    const { melanomaSensitivity } = built.report.triage[defaultOperatingPoint(HAM10000)!]!;
    const melanomas = images.flatMap(({ label }, i) => (label === 'mel' ? [i] : []));
    const shares = melanomas.map((i) => built.heldOutFlagged[i]!);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(mean).toBeCloseTo(melanomaSensitivity.value!, 12);
    // Most images are flagged in all deals or in none.
    expect(shares.filter((share) => share > 0 && share < 1).length).toBeLessThan(shares.length / 4);
    expect(assessmentSection(built.report)).toContain('the mean over 40 deals');
  });

  it('refuses few lesions, most of what lies beyond them, and what was spoilt', () => {
    const { quality, outOfDistribution, abstainedLesions } = built.report;
    expect(outOfDistribution.refusedLesions.value).toBeLessThan(0.035);
    expect(abstainedLesions.value).toBeLessThan(0.07);
    expect(quality.degraded).toEqual([{ degradation: 'blurred', images: 3, refused: 2 / 3 }]);
    const held = outOfDistribution.byUse.find(({ use }) => use === 'held-back')!;
    expect(held.images).toBe(20);
    expect(held.auroc).toBeGreaterThan(0.9);
    expect(outOfDistribution.byKind).toHaveLength(4);
  });

  it('fits into a manifest, where a class never excluded is null', () => {
    const rare = buildAssessment({
      ...input,
      images: images.filter(({ label }, i) => label !== 'df' || i % 40 === 0),
    });
    const spec = assessmentSpecSchema.parse(
      assessmentSpec(rare, { path: 'subspace.bin', features: 3, components: 1 }),
    );
    const df = LABELS.indexOf('df');
    expect(spec.conformal.quantiles.lac[COVERAGES.indexOf(0.99)]![df]).toBeNull();
    expect(spec.fittedOn.folds).toBe(10);
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  it('can be told in words and in pictures', async () => {
    const section = assessmentSection(built.report);
    expect(section).toContain('melanoma-sensitivity-95');
    expect(section).not.toMatch(/undefined|NaN/);
    const pictures = await assessmentPictures(built.report, { name: 'naevus', version: '1.0.0' });
    for (const [name, svg] of pictures) {
      expect(section.includes(`reports/${name}`) || name === 'reliability-uncalibrated.svg').toBe(
        true,
      );
      expect(svg).toMatch(/^<svg/);
      expect(svg).not.toContain('NaN');
    }
  });
});
