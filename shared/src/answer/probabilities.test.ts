import { describe, expect, it } from 'vitest';
import { NonFiniteLogitError, scores, softmax } from './probabilities.ts';

const NONE = { temperature: 1, logitBias: [0, 0, 0, 0, 0, 0, 0] };
const LOGITS = [0.5, -1.25, 2, 0, 3.5, -0.75, 1];

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe('softmax', () => {
  it('gives known values', () => {
    // log of 1, 2, 5: probabilities 1/8, 2/8, 5/8.
    const result = softmax([0, Math.log(2), Math.log(5)]);
    expect(result[0]).toBeCloseTo(0.125, 14);
    expect(result[1]).toBeCloseTo(0.25, 14);
    expect(result[2]).toBeCloseTo(0.625, 14);
  });

  it.each([
    [[1000, 1001, 999]],
    [[-1000, -1001, -999]],
    [[1.7e308, -1.7e308, 0]],
    [[3]],
    [[...Float32Array.from(LOGITS)]],
  ])('sums to 1 for %j', (logits) => {
    const result = softmax(logits);
    expect(sum(result)).toBeCloseTo(1, 12);
    expect(result.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('does not change when all logits move', () => {
    const moved = softmax(LOGITS.map((logit) => logit + 700));
    for (const [i, value] of softmax(LOGITS).entries()) expect(moved[i]).toBeCloseTo(value, 12);
  });

  it('reads typed arrays', () => {
    expect(softmax(Float32Array.of(0, 0))).toEqual([0.5, 0.5]);
  });

  it.each([Number.NaN, Infinity, -Infinity])('names a logit of %d', (value) => {
    expect(() => softmax([0, 1, value])).toThrow(NonFiniteLogitError);
    expect(() => softmax([0, 1, value])).toThrow(`logit 2 is ${value}`);
  });
});

describe('scores', () => {
  it('is the softmax where there is no calibration', () => {
    expect(scores(LOGITS, NONE)).toEqual(softmax(LOGITS));
  });

  it('divides by the temperature', () => {
    const halved = softmax(LOGITS.map((logit) => logit / 2));
    expect(scores(LOGITS, { ...NONE, temperature: 2 })).toEqual(halved);
  });

  it('adds the bias after the temperature', () => {
    const logitBias = [0, 0, 0, Math.log(3), 0, 0, 0];
    const result = scores(new Float32Array(7), { temperature: 4, logitBias });
    expect(result[3]).toBeCloseTo(3 / 9, 14);
    expect(result[0]).toBeCloseTo(1 / 9, 14);
  });

  it('multiplies each logit with its factor, after the temperature and before the bias', () => {
    const logitScale = [1, 1, 2, 1, 1, 1, 1];
    const logitBias = [0, 0, 0.5, 0, 0, 0, 0];
    const expected = softmax(LOGITS.map((logit, k) => (k === 2 ? logit + 0.5 : logit / 2)));
    expect(scores(LOGITS, { temperature: 2, logitScale, logitBias })).toEqual(expected);
  });

  it.each([
    [LOGITS, { ...NONE, logitScale: [1] }, RangeError, /7 factors.*not 1/],
    [LOGITS.slice(1), NONE, RangeError, /not 7 for 6/],
    [LOGITS, { ...NONE, logitBias: [] }, RangeError, /not 0 for 7/],
    [LOGITS, { ...NONE, temperature: 0 }, RangeError, /temperature must be positive/],
    [LOGITS, { ...NONE, temperature: -1 }, RangeError, /temperature/],
    [LOGITS, { ...NONE, temperature: Number.NaN }, RangeError, /temperature/],
    [LOGITS.with(4, Number.NaN), NONE, NonFiniteLogitError, /logit 4 is NaN/],
    [LOGITS.with(0, 1e300), { ...NONE, temperature: 1e-300 }, NonFiniteLogitError, /logit 0/],
  ])('refuses what is no calibrated vector: %#', (logits, calibration, type, message) => {
    expect(() => scores(logits, calibration)).toThrow(type);
    expect(() => scores(logits, calibration)).toThrow(message);
  });
});
