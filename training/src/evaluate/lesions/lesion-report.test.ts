import { lesionSpecSchema } from '@naevus/shared/answer/lesion-spec';
import { softmax } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { type FittedAssessment, fitAssessment } from '../assessment/fit-assessment.ts';
import { buildLesions, lesionSpec } from './lesion-report.ts';
import type { HeldOutImage } from './pooled-lesion.ts';

const MALIGNANT: readonly Label[] = ['mel', 'bcc', 'akiec'];

const QUALITY = {
  sharpness: 1,
  brightness: 0.5,
  clipped: 0,
  lesion_contrast: 1,
  lesion_area: 0.5,
  hair: 0,
  colour: 0.5,
};

interface Photo {
  readonly label: Label;
  readonly lesionId: string;
  readonly logits: Float32Array;
}

/** Lesions whose photos have independent noise around what the lesion shows. */
function draw(lesions: number, photos: (i: number) => number, seed = 3): Photo[] {
  const random = createRandom(seed);
  return Array.from({ length: lesions }, (_, i) => i).flatMap((i) => {
    const label = LABELS[i % LABELS.length]!;
    const shown = LABELS.map((_, k) => random.normal() + (k === labelIndex(label) ? 2.2 : 0));
    return Array.from({ length: photos(i) }, () => ({
      label,
      lesionId: `L${i}`,
      logits: Float32Array.from(shown, (value) => value + 1.2 * random.normal()),
    }));
  });
}

function heldOut(photos: readonly Photo[]): { images: HeldOutImage[]; fitted: FittedAssessment } {
  const images = photos.map((photo, i) => ({
    ...photo,
    imageId: `I${i}`,
    quality: QUALITY,
    source: '',
    distance: 0.1,
  }));
  const base = { temperature: 1, logitBias: LABELS.map(() => 0) };
  const fitted = fitAssessment(images, {
    base,
    method: 'none',
    priorBias: LABELS.map(() => 0),
    home: '',
  });
  return {
    fitted,
    images: images.map((image) => ({ image, fitted, scores: softmax(image.logits) })),
  };
}

const REST = { kind: 'lac', split: 'validation', seed: 5 } as const;

describe('buildLesions', () => {
  const { images, fitted } = heldOut(draw(700, (i) => 1 + (i % 3)));
  const built = buildLesions({ images, fitted, ...REST })!;

  it('finds that pooling photos with independent noise is better than one of them', () => {
    const { figures } = built.report.pooledAgainstSingle;
    expect(figures.logLoss.difference.interval.high).toBeLessThan(0);
    expect(figures.balancedAccuracy.difference.interval.low).toBeGreaterThan(0);
  });

  it('counts lesions by how many photos have a vote', () => {
    expect(built.report.byPhotos.map(({ photos, lesions }) => [photos, lesions])).toEqual([
      ['1', 234],
      ['2', 233],
      ['3 or more', 233],
      ['all', 700],
    ]);
    expect(built.report.fittedOn).toMatchObject({ lesions: 700, severalPhotos: 466 });
  });

  it('covers what it promises on lesions that had no part in the fit', () => {
    for (const { photos, coverage90 } of built.report.byPhotos) {
      expect(coverage90.value, photos).toBeGreaterThan(0.86);
      expect(coverage90.value, photos).toBeLessThan(0.95);
    }
  });

  it('never raises a threshold, and gives what the manifest takes', () => {
    const spec = lesionSpecSchema.parse(lesionSpec(built));
    for (const [point, threshold] of Object.entries(spec.severalPhotos.thresholds)) {
      expect(threshold).toBeLessThanOrEqual(fitted.thresholds[point]!);
    }
    for (const [row, quantiles] of spec.severalPhotos.quantiles.entries()) {
      const before = spec.severalPhotos.quantiles[row - 1];
      for (const [k, quantile] of quantiles.entries()) {
        if (before && quantile !== null) expect(quantile).toBeGreaterThanOrEqual(before[k]!);
      }
    }
  });

  it('lowers the thresholds where several photos find too few', () => {
    const { images: shifted } = heldOut(draw(700, (i) => 1 + (i % 3)));
    const dimmed = shifted.map((one) => ({
      ...one,
      scores:
        one.image.label === 'mel'
          ? softmax(
              one.image.logits.map((logit, k) =>
                MALIGNANT.includes(LABELS[k]!) ? logit - 2.5 : logit,
              ),
            )
          : one.scores,
    }));
    const { report } = buildLesions({ images: dimmed, fitted, ...REST })!;
    const { image, several } = report.thresholds['melanoma-sensitivity-95']!;
    expect(several).toBeLessThan(image);
    expect(report.thresholds['specificity-90']!.several).toBe(fitted.thresholds['specificity-90']);
  });

  it('leaves out photos that are abstained from, unless all are', () => {
    const { images: some, fitted: limits } = heldOut(draw(200, () => 2));
    const far = some.map((one, i) =>
      i % 2 === 0
        ? { ...one, image: { ...one.image, distance: limits.distanceThreshold + 1 } }
        : one,
    );
    expect(buildLesions({ images: far, fitted: limits, ...REST })).toBeUndefined();
  });

  it('gives no vote to photos that were not taken through a dermatoscope', () => {
    const { images: some, fitted: limits } = heldOut(draw(200, () => 2));
    const closeUps = some.map((one, i) => ({
      ...one,
      image: { ...one.image, dermoscopic: i % 2 === 0 ? 0.1 : 0.9 },
      fitted: { ...one.fitted, modalityThreshold: 0.5 },
    }));
    expect(buildLesions({ images: closeUps, fitted: limits, ...REST })).toBeUndefined();
  });

  it('counts lesions that may be squamous cell carcinoma as flagged', () => {
    const { images: few, fitted: fit } = heldOut(draw(140, (i) => 1 + (i % 2)));
    const doubted = few.map((one) => ({
      ...one,
      fitted: { ...one.fitted, squamousThreshold: 0 },
    }));
    const { report } = buildLesions({ images: doubted, fitted: fit, ...REST })!;
    const all = built.report.byPhotos.at(-1)!;
    expect(all.specificity.value).toBeGreaterThan(0);
    expect(report.byPhotos.at(-1)!.specificity.value).toBe(0);
    const { specificity } = report.pooledAgainstSingle.figures;
    expect([specificity.single.value, specificity.pooled.value]).toEqual([0, 0]);
  });

  it('fits nothing on too few lesions with several photos', () => {
    const { images: few, fitted: fit } = heldOut(draw(700, (i) => (i < 49 ? 2 : 1)));
    expect(buildLesions({ images: few, fitted: fit, ...REST })).toBeUndefined();
  });
});
