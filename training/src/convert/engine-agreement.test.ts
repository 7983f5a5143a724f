import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { agreementImages, compareLogits, enginesAgree } from './engine-agreement.ts';

const calibration = { temperature: 1, logitBias: LABELS.map(() => 0) };
const logits = (...values: number[]) => Float32Array.from(LABELS, (_, k) => values[k] ?? 0);

describe('compareLogits', () => {
  it('measures the scores, not the logits', () => {
    // Two classes of seven have all the mass; log 3 makes it 3 to 1.
    const a = [logits(100, 100)];
    const b = [logits(100 + Math.log(3), 100)];
    const { maxAbsProbabilityDifference, topClassAgreement, images } = compareLogits(
      a,
      b,
      calibration,
    );
    expect(maxAbsProbabilityDifference).toBeCloseTo(0.25, 5);
    expect({ topClassAgreement, images }).toEqual({ topClassAgreement: 1, images: 1 });
  });

  it('takes the worst picture and counts the top classes', () => {
    const a = [logits(5), logits(0, 1), logits(0, 0, 0, 2)];
    const b = [logits(5), logits(0, 1), logits(0, 0, 2, 0)];
    const agreement = compareLogits(a, b, calibration);
    expect(agreement.topClassAgreement).toBeCloseTo(2 / 3);
    expect(agreement.maxAbsProbabilityDifference).toBeGreaterThan(0.4);
    expect(enginesAgree(agreement)).toBe(false);
  });

  it('follows the calibration', () => {
    const bias = { temperature: 2, logitBias: [Math.log(4), 0, 0, 0, 0, 0, 0] };
    const [a, b] = [[logits()], [logits(2 * Math.log(2))]];
    // Class weights 4 to six times 1, and 8 to six times 1.
    expect(compareLogits(a, b, bias).maxAbsProbabilityDifference).toBeCloseTo(8 / 14 - 4 / 10, 5);
  });

  it('refuses what cannot be compared', () => {
    expect(() => compareLogits([], [], calibration)).toThrow(RangeError);
    expect(() => compareLogits([logits()], [], calibration)).toThrow(RangeError);
    expect(() => compareLogits([logits(Number.NaN)], [logits()], calibration)).toThrow('NaN');
  });
});

describe('enginesAgree', () => {
  it.each([
    [2e-3, 1, true],
    [2.1e-3, 1, false],
    [0, 63 / 64, false],
  ])('difference %d, agreement %d: %s', (maxAbsProbabilityDifference, topClassAgreement, agree) => {
    expect(enginesAgree({ images: 64, maxAbsProbabilityDifference, topClassAgreement })).toBe(
      agree,
    );
  });
});

describe('agreementImages', () => {
  const images = LABELS.flatMap((label, k) =>
    Array.from({ length: label === 'df' ? 2 : 40 }, (_, i) => ({ label, id: 100 * k + i })),
  );

  it('takes each class in turn, and more of the others where one has no more', () => {
    const chosen = agreementImages(images, 1);
    const counts = (label: Label) => chosen.filter((image) => image.label === label).length;
    expect(chosen).toHaveLength(64);
    expect(new Set(chosen).size).toBe(64);
    expect(counts('df')).toBe(2);
    for (const label of LABELS)
      if (label !== 'df') expect(counts(label)).toBeGreaterThanOrEqual(10);
  });

  it('depends on the seed alone', () => {
    expect(agreementImages(images, 1)).toEqual(agreementImages(images, 1));
    expect(agreementImages(images, 1)).not.toEqual(agreementImages(images, 2));
  });

  it('takes all where there are few', () => {
    expect(agreementImages(images.slice(0, 5), 1)).toHaveLength(5);
    expect(agreementImages([], 1)).toEqual([]);
  });
});
