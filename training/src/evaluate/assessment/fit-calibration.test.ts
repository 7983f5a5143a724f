import { scores, softmax } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { fitCalibration, meanLogLoss } from './fit-calibration.ts';
import { drawLabel } from './fixtures/draw-label.ts';

const BASE = { temperature: 1, logitBias: LABELS.map((_, k) => -0.2 * k) };

/** Logits, and labels drawn from what `truth` makes of them. */
function draw(count: number, truth: (logits: number[]) => number[]) {
  const random = createRandom(7);
  return Array.from({ length: count }, () => {
    const logits = LABELS.map(() => 2 * random.normal());
    return { logits, label: drawLabel(truth(logits), random) };
  });
}

describe('fitCalibration', () => {
  it('finds the temperature that overconfident logits need', () => {
    const images = draw(4000, (logits) =>
      softmax(logits.map((logit, k) => (logit + BASE.logitBias[k]!) / 2.5)),
    );
    const fitted = fitCalibration(images, BASE, 'temperature');
    expect(fitted.temperature).toBeGreaterThan(2.3);
    expect(fitted.temperature).toBeLessThan(2.7);
    expect(fitted.logitBias[3]).toBeCloseTo(BASE.logitBias[3]! / fitted.temperature, 12);
    expect(meanLogLoss(images, fitted)).toBeLessThan(meanLogLoss(images, BASE) - 0.1);
  });

  it('finds a factor and a bias a class', () => {
    const factors = [1, 0.5, 1, 1.5, 1, 0.7, 1];
    const biases = [0, 1, 0, 0, -1, 0, 0];
    const images = draw(8000, (logits) =>
      softmax(logits.map((l, k) => factors[k]! * (l + BASE.logitBias[k]!) + biases[k]!)),
    );
    const fitted = fitCalibration(images, BASE, 'vector');
    for (const [k, factor] of factors.entries()) {
      expect(Math.abs(fitted.logitScale![k]! - factor)).toBeLessThan(0.15);
    }
    const [first, second] = [fitted.logitBias[1]!, fitted.logitBias[4]!];
    // Biases are only known up to one number for all.
    const expected = factors[1]! * BASE.logitBias[1]! + 1 - (factors[4]! * BASE.logitBias[4]! - 1);
    expect(Math.abs(first - second - expected)).toBeLessThan(0.25);
  });

  it('leaves good scores as they are, in a class without images as well', () => {
    const images = draw(4000, (logits) => scores(logits, BASE)).filter(
      ({ label }) => label !== 'df',
    );
    expect(fitCalibration(images, BASE, 'none')).toBe(BASE);
    expect(Math.abs(fitCalibration(images, BASE, 'temperature').temperature - 1)).toBeLessThan(0.1);
    const { logitScale, logitBias } = fitCalibration(images, BASE, 'vector');
    for (const value of [...logitScale!, ...logitBias]) expect(Number.isFinite(value)).toBe(true);
  });
});
