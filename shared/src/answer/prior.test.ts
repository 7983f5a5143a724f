import { describe, expect, it } from 'vitest';
import { LABELS } from '../taxonomy/fixtures/ham10000-classes.ts';
import { type ClassPrior, parsePrior, uniformPrior, withPrior } from './prior.ts';

const UNIFORM = uniformPrior(LABELS);

const seven = (values: readonly number[]): ClassPrior =>
  Object.fromEntries(LABELS.map((label, k) => [label, values[k]!]));

describe('withPrior', () => {
  const scores = [0.05, 0.05, 0.1, 0, 0.3, 0.4, 0.1];

  it('follows Bayes: two classes of equal scores part as their priors do', () => {
    const wanted = seven([0.3, 0.1, 0.1, 0.1, 0.1, 0.2, 0.1]);
    const result = withPrior(scores, UNIFORM, wanted, LABELS);
    expect(result[0]! / result[1]!).toBeCloseTo(3, 12);
    expect(result.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    expect(result[3]).toBe(0);
  });

  it('comes back where it came from', () => {
    const training = seven([0.03, 0.05, 0.11, 0.01, 0.11, 0.67, 0.02]);
    const there = withPrior(scores, training, UNIFORM, LABELS);
    withPrior(there, UNIFORM, training, LABELS).forEach((score, k) => {
      expect(score).toBeCloseTo(scores[k]!, 12);
    });
  });
});

describe('parsePrior', () => {
  it('takes a name, or seven numbers in the order of the labels', () => {
    expect(parsePrior('uniform', LABELS)).toBe('uniform');
    expect(parsePrior('0.1,0.1,0.1,0.1,0.2,0.3,0.1', LABELS)).toMatchObject({
      akiec: expect.closeTo(0.1, 12),
      nv: expect.closeTo(0.3, 12),
    });
  });

  it.each([
    'everywhere',
    '',
    '0.5,0.5',
    '0,0.2,0.1,0.1,0.2,0.3,0.1',
    '0.2,0.2,0.2,0.2,0.2,0.2,0.2',
    'x,0.1,0.1,0.1,0.2,0.3,0.1',
    '-0.1,0.3,0.1,0.1,0.2,0.3,0.1',
  ])('refuses %j', (text) => {
    expect(parsePrior(text, LABELS)).toBeUndefined();
  });
});
