import { softmax } from '@naevus/shared/answer/probabilities';
import { describe, expect, it } from 'vitest';
import {
  assumedPrior,
  classShares,
  lossLogitOffsets,
  lossWeights,
  priorLogitBias,
  sampledShares,
} from './class-prior.ts';
import { trainingConfigSchema } from './config/training-config.ts';

const counts = [327, 514, 1099, 115, 1113, 6705, 142];
const loss = (fields: object) =>
  trainingConfigSchema.parse({ head: { epochs: 1, learningRate: 1, loss: fields } }).head.loss;

describe('class priors', () => {
  it('shows classes in proportion to count, its root, or all alike', () => {
    expect(sampledShares([1, 4, 4, 0, 0, 0, 0], 'square-root').slice(0, 3)).toEqual([
      0.2, 0.4, 0.4,
    ]);
    expect(sampledShares([1, 3], 'natural')).toEqual([0.25, 0.75]);
    expect(sampledShares([1, 3], 'balanced')).toEqual([0.5, 0.5]);
    expect(sampledShares([1, 0, 3], 'balanced')).toEqual([0.5, 0, 0.5]);
  });

  it('assumes the training distribution after plain cross-entropy', () => {
    assumedPrior(counts, 'natural', loss({})).forEach((share, k) => {
      expect(share).toBeCloseTo(classShares(counts)[k]!, 12);
    });
  });

  it.each([
    ['balanced weights', 'natural', { classWeightPower: 1 }],
    ['logit adjustment', 'natural', { logitAdjustment: 1 }],
    ['logit adjustment of what the sampler shows', 'square-root', { logitAdjustment: 1 }],
    ['a balanced sampler', 'balanced', {}],
    ['random oversampling', 'oversampling', {}],
    ['SMOTE', 'smote', {}],
    ['logit adjustment of oversampled classes', 'oversampling', { logitAdjustment: 1 }],
    ['a focal alpha for all classes', 'oversampling', { focalAlpha: 0.25 }],
  ] as const)('assumes a uniform prior after %s', (_name, sampler, fields) => {
    for (const share of assumedPrior(counts, sampler, loss(fields)))
      expect(share).toBeCloseTo(1 / 7, 12);
  });

  it('weighs beyond balance with a power above 1', () => {
    const weights = lossWeights(counts, loss({ classWeightPower: 1.5 }));
    expect(weights[3]).toBeCloseTo(43.881615718, 8);
    const shares = assumedPrior(counts, 'natural', loss({ classWeightPower: 1.5 }));
    expect(shares[3]).toBeGreaterThan(shares[5]!);
  });

  it('counts a focal alpha a class as a weight of that class', () => {
    const focalAlpha = [1, 2, 1, 1, 1, 1, 1];
    expect(lossWeights(counts, loss({ focalAlpha }))).toEqual(focalAlpha);
    const shares = assumedPrior(counts, 'smote', loss({ focalAlpha }));
    expect(shares[1]).toBeCloseTo(2 / 8, 12);
    expect(shares[0]).toBeCloseTo(1 / 8, 12);
  });

  it('moves a posterior from one prior to another by Bayes', () => {
    const assumed = [0.5, 0.5];
    const wanted = [0.9, 0.1];
    const logits = [Math.log(0.3), Math.log(0.7)];
    const bias = priorLogitBias(assumed, wanted);
    const posterior = softmax(logits.map((logit, k) => logit + bias[k]!));
    expect(posterior[0]).toBeCloseTo((0.3 * 0.9) / (0.3 * 0.9 + 0.7 * 0.1), 12);
  });

  it('adds the log of what is shown, times tau', () => {
    const offsets = lossLogitOffsets(counts, 'natural', loss({ logitAdjustment: 0.5 }));
    expect(offsets[5]).toBeCloseTo(0.5 * Math.log(6705 / 10015), 12);
  });
});
