import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import keras from './fixtures/keras-focal.json' with { type: 'json' };
import { type LogitLossOptions, logitLoss } from './logit-loss.ts';

const plain: LogitLossOptions = {
  classes: 3,
  focalGamma: 0,
  labelSmoothing: 0,
  classWeights: [1, 1, 1],
  logitOffsets: [0, 0, 0],
};
const logits = Float32Array.of(2, -1, 0.5, 0, 0, 0);
const labels = [0, 2];
// log softmax of the two rows, by hand.
const first = -Math.log(Math.exp(2) / (Math.exp(2) + Math.exp(-1) + Math.exp(0.5)));
const second = Math.log(3);

describe('logitLoss', () => {
  it('is cross-entropy when nothing is set', () => {
    expect(logitLoss(logits, labels, plain).value).toBeCloseTo((first + second) / 2, 6);
  });

  it('weighs each row by its class', () => {
    const { value } = logitLoss(logits, labels, { ...plain, classWeights: [0.25, 1, 3] });
    expect(value).toBeCloseTo((0.25 * first + 3 * second) / 2, 6);
  });

  it('focuses as Lin et al. 2017, equation 5: (1 - p)^gamma in front', () => {
    const p = Math.exp(-first);
    const { value } = logitLoss(logits, labels, { ...plain, focalGamma: 2 });
    expect(value).toBeCloseTo(((1 - p) ** 2 * first + (2 / 3) ** 2 * second) / 2, 6);
  });

  it('smooths the target over all classes', () => {
    const { value } = logitLoss(Float32Array.of(2, -1, 0.5), [0], {
      ...plain,
      labelSmoothing: 0.3,
    });
    const all = [2, -1, 0.5].map((logit) => first + 2 - logit);
    const spread = all.reduce((sum, loss) => sum + 0.1 * loss, 0);
    expect(value).toBeCloseTo(0.7 * first + spread, 5);
  });

  it('counts a row above the clip as the clip, and learns nothing from it', () => {
    // The first row is right, and its loss small; the second is log 3.
    const { value, gradient } = logitLoss(logits, labels, {
      ...plain,
      clip: 1,
      classWeights: [1, 1, 4],
    });
    expect(value).toBeCloseTo((first + 4 * 1) / 2, 6);
    expect([...gradient.subarray(3)]).toEqual([0, 0, 0]);
    const whole = logitLoss(logits, labels, { ...plain, classWeights: [1, 1, 4] });
    expect([...gradient.subarray(0, 3)]).toEqual([...whole.gradient.subarray(0, 3)]);
    expect([...whole.gradient.subarray(3)]).not.toEqual([0, 0, 0]);
  });

  it('adds the offsets to the logits', () => {
    const shifted = logitLoss(Float32Array.of(2, 1, 0.5, 0, 2, 0), labels, plain).value;
    const { value } = logitLoss(logits, labels, { ...plain, logitOffsets: [0, 2, 0] });
    expect(value).toBeCloseTo(shifted, 6);
  });

  it.each([
    ['cross-entropy', plain],
    ['focal', { ...plain, focalGamma: 2 }],
    [
      'everything',
      {
        classes: 3,
        focalGamma: 1.5,
        labelSmoothing: 0.1,
        classWeights: [0.3, 2, 5],
        logitOffsets: [-1, 0.4, 0],
      },
    ],
  ])('has the gradient of its value: %s', (_name, options) => {
    const random = createRandom(3);
    const point = Float32Array.from({ length: 6 }, () => 2 * random.normal());
    const { gradient } = logitLoss(point, labels, options);
    for (let i = 0; i < point.length; i++) {
      const at = (offset: number) =>
        logitLoss(
          point.map((value, j) => (j === i ? value + offset : value)),
          labels,
          options,
        ).value;
      expect(gradient[i]).toBeCloseTo((at(1e-2) - at(-1e-2)) / 2e-2, 3);
    }
  });

  it.each(keras.cases)(
    "has the value and gradient of Keras' focal loss: gamma $gamma, alpha $alpha, smoothing $labelSmoothing",
    ({ gamma, alpha, labelSmoothing, value, gradient }) => {
      const found = logitLoss(Float32Array.from(keras.logits.flat()), keras.labels, {
        classes: 7,
        focalGamma: gamma,
        labelSmoothing,
        classWeights: Array.isArray(alpha) ? alpha : new Array(7).fill(alpha),
        logitOffsets: new Array(7).fill(0),
      });
      expect(found.value).toBeCloseTo(value, 5);
      for (const [i, slope] of gradient.flat().entries()) {
        expect(found.gradient[i]).toBeCloseTo(slope, 5);
      }
    },
  );

  it('stays finite where a class is certain', () => {
    const { value, gradient } = logitLoss(Float32Array.of(500, -500, 0), [1], {
      ...plain,
      focalGamma: 2,
    });
    expect(Number.isFinite(value)).toBe(true);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it('refuses logits that are not one row a label', () => {
    expect(() => logitLoss(logits, [0], plain)).toThrow('6 logits are not 1 rows of 3');
  });
});
