import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { distillationLoss } from './distillation-loss.ts';

const student = Float32Array.of(2, -1, 0.5, 0, 0, 0);
const teacher = Float32Array.of(0, 1, 0, 3, 0, 0);
const softmax = (logits: readonly number[]) => {
  const sum = logits.reduce((s, logit) => s + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
};

describe('distillationLoss', () => {
  it.each([1, 2, 4])('is T squared times the divergence of the softened rows: T = %d', (T) => {
    const rows = [0, 3].map((from) => {
      const soft = (values: Float32Array) =>
        softmax([...values.subarray(from, from + 3)].map((value) => value / T));
      const [p, q] = [soft(student), soft(teacher)];
      return q.reduce((sum, share, k) => sum + share * Math.log(share / p[k]!), 0);
    });
    const { value } = distillationLoss(student, teacher, { classes: 3, temperature: T });
    expect(value).toBeCloseTo((T ** 2 * (rows[0]! + rows[1]!)) / 2, 6);
  });

  it('is nothing where the student says what its teacher says, whatever is added to a row', () => {
    const shifted = teacher.map((logit, i) => logit + (i < 3 ? 5 : -2));
    const { value, gradient } = distillationLoss(shifted, teacher, { classes: 3, temperature: 2 });
    expect(value).toBeCloseTo(0, 6);
    for (const slope of gradient) expect(slope).toBeCloseTo(0, 6);
  });

  it.each([1, 3])('has the gradient of its value: T = %d', (temperature) => {
    const random = createRandom(7);
    const logits = Float32Array.from({ length: 35 }, () => 3 * random.normal());
    const taught = Float32Array.from({ length: 35 }, () => 3 * random.normal());
    const at = (values: Float32Array) =>
      distillationLoss(values, taught, { classes: 7, temperature });
    const { gradient } = at(logits);
    for (let i = 0; i < logits.length; i++) {
      const step = 1 / 64;
      const [up, down] = [step, -step].map((move) =>
        at(logits.map((logit, k) => (k === i ? logit + move : logit))),
      );
      expect(gradient[i]).toBeCloseTo((up!.value - down!.value) / (2 * step), 4);
    }
  });

  it('is finite for logits far apart', () => {
    const far = Float32Array.of(800, 0, -800);
    const { value, gradient } = distillationLoss(far, far.toReversed(), {
      classes: 3,
      temperature: 1,
    });
    expect(value).toBeCloseTo(1600, 3);
    expect([...gradient]).toEqual([1, 0, -1]);
  });

  it('refuses rows that do not go together', () => {
    const options = { classes: 3, temperature: 1 };
    expect(() => distillationLoss(student, teacher.subarray(3), options)).toThrow('6 logits and 3');
  });
});
