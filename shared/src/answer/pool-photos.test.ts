import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POOLINGS, photoWeights, poolPhotos } from './pool-photos.ts';
import { softmax } from './probabilities.ts';

const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
  minLength: 7,
  maxLength: 7,
});
const photo = fc.record({
  scores: logits.map((values) => softmax(values)),
  sharpness: fc.double({ min: 0, max: 1, noNaN: true }),
  distance: fc.double({ min: 0, max: 1, noNaN: true }),
});
const photos = fc.array(photo, { minLength: 1, maxLength: 8 });

const A = { scores: [0.7, 0.1, 0.1, 0.05, 0.02, 0.02, 0.01], sharpness: 3, distance: 0.1 };
const B = { scores: [0.1, 0.2, 0.3, 0.2, 0.1, 0.05, 0.05], sharpness: 1, distance: 0.3 };

describe('poolPhotos', () => {
  it('is the geometric mean, or the mean', () => {
    const geometric = A.scores.map((score, k) => Math.sqrt(score * B.scores[k]!));
    const sum = geometric.reduce((total, value) => total + value);
    const pooled = poolPhotos([A, B], 'mean-logit');
    for (const [k, score] of pooled.entries()) expect(score).toBeCloseTo(geometric[k]! / sum, 12);
    const mean = poolPhotos([A, B], 'mean-probability');
    for (const [k, score] of mean.entries()) {
      expect(score).toBeCloseTo((A.scores[k]! + B.scores[k]!) / 2, 12);
    }
  });

  it('weighs a sharper and a nearer photo more', () => {
    expect(photoWeights([A, B], 'sharpness-weighted-logit')[0]).toBeCloseTo(0.75, 5);
    expect(photoWeights([A, B], 'closeness-weighted-logit')[0]).toBeCloseTo(0.75, 4);
    expect(photoWeights([A, B], 'mean-logit')).toEqual([0.5, 0.5]);
    expect(() => photoWeights([{ scores: A.scores }], 'closeness-weighted-logit')).toThrow(
      'nothing to be weighted by',
    );
  });

  it('gives scores that sum to 1, in any order of the photos', () => {
    fc.assert(
      fc.property(photos, fc.constantFrom(...POOLINGS), (several, pooling) => {
        const pooled = poolPhotos(several, pooling);
        expect(pooled.reduce((sum, score) => sum + score)).toBeCloseTo(1, 9);
        const turned = poolPhotos(several.toReversed(), pooling);
        for (const [k, score] of pooled.entries()) expect(score).toBeCloseTo(turned[k]!, 9);
      }),
    );
  });

  it('keeps the scores of one photo exactly, and of the same photo twice', () => {
    fc.assert(
      fc.property(photo, fc.constantFrom(...POOLINGS), (one, pooling) => {
        expect(poolPhotos([one], pooling, 1.5)).toEqual(one.scores);
        const twice = poolPhotos([one, one], pooling);
        for (const [k, score] of twice.entries()) expect(score).toBeCloseTo(one.scores[k]!, 9);
      }),
    );
  });

  it('is sharper at a temperature below 1', () => {
    const at = (temperature: number) => Math.max(...poolPhotos([A, B], 'mean-logit', temperature));
    expect(at(0.5)).toBeGreaterThan(at(1));
    expect(at(2)).toBeLessThan(at(1));
  });
});
