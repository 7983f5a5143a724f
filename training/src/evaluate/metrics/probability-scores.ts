import type { SampleWeights } from './confusion-matrix.ts';

/**
 * Mean over samples of -ln(probability of the true class), in nats; probabilities are kept at
 * 2^-52 or more, as scikit-learn's `log_loss` does, so that one certain mistake costs 36 and not infinity.
 */
export function logLoss(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
  weights?: SampleWeights,
): number {
  return weightedMean(truth.length, weights, (i) => {
    const probability = probabilities[i]![truth[i]!]!;
    return -Math.log(Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON));
  });
}

/**
 * Brier score for several classes: mean over samples of the sum over classes of the squared
 * difference to the truth (Brier 1950), in 0 .. 2. Twice scikit-learn's binary score for two classes.
 */
export function brierScore(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
  weights?: SampleWeights,
): number {
  return weightedMean(truth.length, weights, (i) =>
    probabilities[i]!.reduce((sum, p, k) => sum + (p - (k === truth[i] ? 1 : 0)) ** 2, 0),
  );
}

function weightedMean(
  samples: number,
  weights: SampleWeights | undefined,
  value: (sample: number) => number,
): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < samples; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    if (weight === 0) continue;
    sum += weight * value(i);
    total += weight;
  }
  return sum / total;
}
