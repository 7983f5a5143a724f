import { describe, expect, it } from 'vitest';
import { trainingConfigSchema } from '../../run/config/training-config.ts';
import { classWeightShare, createClassLoss, mixedLoss } from './class-loss.ts';

const counts = [327, 514, 1099, 115, 1113, 6705, 142];
const phase = (fields: object, sampler = 'natural') =>
  trainingConfigSchema.parse({ head: { epochs: 1, learningRate: 1, sampler, loss: fields } }).head;
const logits = Float32Array.of(0.3, -1, 2, 0, 1.5, 2.5, -0.7, 1, 1, 0, 0, -2, 0.5, 0.1);

describe('the loss of a phase', () => {
  it.each(['natural', 'oversampling', 'smote', 'balanced'])(
    "weighs classes by the data's counts whatever the sampler shows: %s",
    (sampler) => {
      const loss = createClassLoss([counts], phase({ classWeightPower: 1.5 }, sampler));
      const plain = createClassLoss([counts], phase({}, sampler));
      // The reference's weights of df and nv.
      const row = logits.slice(0, 7);
      expect(loss(row, [3]).value / plain(row, [3]).value).toBeCloseTo(43.881615718, 5);
      expect(loss(row, [5]).value / plain(row, [5]).value).toBeCloseTo(0.098566923, 7);
    },
  );

  it('phases class weights in quadratically over the last third, where they are late', () => {
    const late = phase({ classWeightPower: 1.5, classWeightSchedule: 'late' }).loss;
    const shares = [0, 200, 250, 300].map((step) => classWeightShare(late, step, 301));
    expect(shares.map((share) => Number(share.toFixed(6)))).toEqual([0, 0, 0.25, 1]);
    expect(classWeightShare(phase({}).loss, 0, 301)).toBe(1);
    const loss = createClassLoss([counts], phase({ classWeightPower: 1.5 }));
    const row = logits.slice(0, 7);
    const [none, half, all] = [0, 0.5, 1].map((share) => loss(row, [3], share).value);
    expect(all! / none!).toBeCloseTo(43.881615718, 5);
    expect(half).toBeCloseTo((none! + all!) / 2, 5);
  });

  it('is, of mixed images, that of each label by its share', () => {
    const loss = createClassLoss([counts], phase({ classWeightPower: 1, labelSmoothing: 0.1 }));
    const mixed = mixedLoss(loss, logits, [0, 3], [3, 0], 0.7);
    const [own, other] = [loss(logits, [0, 3]), loss(logits, [3, 0])];
    expect(mixed.value).toBeCloseTo(0.7 * own.value + 0.3 * other.value, 10);
    for (const [i, slope] of mixed.gradient.entries()) {
      expect(slope).toBeCloseTo(0.7 * own.gradient[i]! + 0.3 * other.gradient[i]!, 6);
    }
  });

  it('is, of plain mixup, the cross-entropy with the mixed target', () => {
    const loss = createClassLoss([counts], phase({}));
    const row = logits.slice(0, 7);
    const logSum = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const expected = -0.6 * (row[2]! - logSum) - 0.4 * (row[4]! - logSum);
    expect(mixedLoss(loss, row, [2], [4], 0.6).value).toBeCloseTo(expected, 6);
  });

  describe('of several sources', () => {
    // The second source has no akiec, df, nv and vasc.
    const away = [0, 300, 20, 0, 40, 0, 0];
    const adjusted = phase({ logitAdjustment: 1, labelSmoothing: 0.1 });
    const loss = createClassLoss([counts, away], adjusted);
    const row = logits.slice(0, 7);

    it("adjusts each image's logits by its own source", () => {
      for (const label of [1, 2, 4]) {
        const [home, abroad] = [loss(row, [label]), loss(row, [7 + label])];
        expect(home.value).toBeCloseTo(createClassLoss([counts], adjusted)(row, [label]).value, 10);
        expect(abroad.value).not.toBeCloseTo(home.value, 2);
      }
      const batch = loss(logits, [3, 7 + 4]);
      const each = [loss(row, [3]), loss(logits.slice(7), [7 + 4])];
      expect(batch.value).toBeCloseTo((each[0]!.value + each[1]!.value) / 2, 6);
    });

    it('asks nothing of a class that the source does not have', () => {
      const { value, gradient } = loss(row, [7 + 2]);
      for (const absent of [0, 3, 5, 6]) expect(gradient[absent]).toBeCloseTo(0, 10);
      // The cross-entropy over bcc, bkl and mel, smoothed over these three.
      const shifted = [1, 2, 4].map((k) => row[k]! + Math.log(away[k]! / 360));
      const logSum = Math.log(shifted.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const targets = [0.1 / 3, 0.9 + 0.1 / 3, 0.1 / 3];
      const expected = shifted.reduce((sum, logit, i) => sum - targets[i]! * (logit - logSum), 0);
      expect(value).toBeCloseTo(expected, 5);
    });

    it('is that of plain logits for a source that nothing is trained on', () => {
      const unknown = createClassLoss([counts, away.map(() => 0)], adjusted);
      const plain = createClassLoss([counts], phase({ labelSmoothing: 0.1 }));
      expect(unknown(row, [7 + 2]).value).toBeCloseTo(plain(row, [2]).value, 10);
    });
  });
});
