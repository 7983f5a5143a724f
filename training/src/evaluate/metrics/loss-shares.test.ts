import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { classWeightReport } from '../../run/class-weights.ts';
import { trainingConfigSchema } from '../../run/config/training-config.ts';
import { scoredImages } from './fixtures/scored-images.ts';
import { measuredLossShares } from './loss-shares.ts';

const counts = [261, 411, 879, 92, 890, 5364, 113];
const none = { temperature: 1, logitBias: LABELS.map(() => 0) };
const weightsOf = (loss: object, sampler: 'natural' | 'balanced' = 'natural') => {
  const { head } = trainingConfigSchema.parse({
    head: { epochs: 1, learningRate: 1, loss, sampler },
  });
  return classWeightReport(counts, head);
};

describe('measuredLossShares', () => {
  const undecided = scoredImages(100, 2).map((image) => ({
    ...image,
    scores: LABELS.map(() => 1 / LABELS.length),
  }));

  it('is the share of the weights while all images are as hard', () => {
    for (const loss of [{}, { classWeightPower: 1.5 }, { focalGamma: 2 }]) {
      const weights = weightsOf(loss);
      const shares = measuredLossShares(undecided, weights, none)!;
      for (const [k, share] of shares.entries()) {
        expect(share).toBeCloseTo(weights.used.shareOfLossWeight[k]!, 6);
      }
    }
  });

  it('gives nothing to a class that is always right, under the prior of the loss', () => {
    const bias = LABELS.map((_, k) => k / 10);
    const images = undecided.map((image) =>
      image.label === 'nv'
        ? { ...image, scores: LABELS.map((label) => (label === 'nv' ? 1 : 0)) }
        : image,
    );
    const shares = measuredLossShares(images, weightsOf({}, 'balanced'), {
      ...none,
      logitBias: bias,
    })!;
    expect(shares[LABELS.indexOf('nv')]).toBeLessThan(1e-9);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('says nothing of runs that do not name their loss', () => {
    const { used, ...rest } = weightsOf({});
    const { weights, shareOfLossWeight } = used;
    expect(
      measuredLossShares(undecided, { ...rest, used: { weights, shareOfLossWeight } }, none),
    ).toBeUndefined();
  });
});
