import { type Calibration, scores, softmax } from '@naevus/shared/answer/probabilities';
import { classCount, labelIndex } from '../../taxonomy/current.ts';
import { solvePositiveDefinite } from './solve-positive-definite.ts';

/** Ways to make scores out of logits, from the one with no parameter to the one with the most. */
export const CALIBRATION_METHODS = ['none', 'temperature', 'vector'] as const;

export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

interface LabelledLogits {
  readonly label: string;
  readonly logits: ArrayLike<number>;
}

/** By label: how many images each image of the class counts as. */
export type ClassWeights = Readonly<Record<string, number>>;

/** Vector scaling is drawn towards changing nothing, so that a class with few images is not overfitted. */
const VECTOR_PENALTY = 1;
const MAX_STEPS = 50;
/** Of the loss that a further step could gain, an image. */
const TOLERANCE = 1e-9;

/**
 * Fits scores by maximum likelihood on images that were not trained on (Guo et al. 2017, sections 4.2 and
 * 5). What is fitted comes on top of `base`, whose biases carry the prior that the scores assume.
 *
 * @param weights of the images, by label; 1 by default
 * @returns parameters that `scores` takes in place of `base`
 */
export function fitCalibration(
  images: readonly LabelledLogits[],
  base: Calibration,
  method: CalibrationMethod,
  weights?: ClassWeights,
): Calibration {
  switch (method) {
    case 'none':
      return base;
    case 'temperature':
      return temperatureScaling(images, base, weights);
    case 'vector':
      return vectorScaling(images, base, weights);
  }
}

/** Mean negative logarithm of the true class's score. */
export function meanLogLoss(
  images: readonly LabelledLogits[],
  calibration: Calibration,
  weights?: ClassWeights,
): number {
  let loss = 0;
  let total = 0;
  for (const { label, logits } of images) {
    const weight = weights?.[label] ?? 1;
    const score = scores(logits, calibration)[labelIndex(label)]!;
    loss -= weight * Math.log(Math.max(score, Number.MIN_VALUE));
    total += weight;
  }
  return loss / total;
}

function temperatureScaling(
  images: readonly LabelledLogits[],
  base: Calibration,
  weights: ClassWeights | undefined,
): Calibration {
  const divided = (logTemperature: number): Calibration => {
    const factor = Math.exp(-logTemperature);
    return {
      ...base,
      temperature: base.temperature / factor,
      logitBias: base.logitBias.map((bias) => bias * factor),
    };
  };
  // The loss is convex in the temperature's inverse, so it has one lowest point here: golden section.
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.2), Math.log(5)];
  const loss = (at: number) => meanLogLoss(images, divided(at), weights);
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [leftLoss, rightLoss] = [loss(left), loss(right)];
  while (high - low > 1e-5) {
    if (leftLoss < rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss];
      left = high - ratio * (high - low);
      leftLoss = loss(left);
    } else {
      [low, left, leftLoss] = [left, right, rightLoss];
      right = low + ratio * (high - low);
      rightLoss = loss(right);
    }
  }
  return divided((low + high) / 2);
}

/** A factor and a bias a class, by Newton's method with backtracking: the penalized loss is convex in them. */
function vectorScaling(
  images: readonly LabelledLogits[],
  base: Calibration,
  weights: ClassWeights | undefined,
): Calibration {
  const inputs = images.map(({ label, logits }) => ({
    truth: labelIndex(label),
    weight: weights?.[label] ?? 1,
    z: Array.from(
      logits,
      (logit, k) => ((base.logitScale?.[k] ?? 1) * logit) / base.temperature + base.logitBias[k]!,
    ),
  }));
  const parameterCount = 2 * classCount();
  const unchanged = (i: number) => (i < classCount() ? 1 : 0);
  const probabilities = (z: readonly number[], parameters: readonly number[]) =>
    softmax(z.map((value, k) => parameters[k]! * value + parameters[classCount() + k]!));
  const loss = (parameters: readonly number[]): number => {
    let sum = 0;
    for (const { truth, weight, z } of inputs) {
      sum -= weight * Math.log(Math.max(probabilities(z, parameters)[truth]!, Number.MIN_VALUE));
    }
    for (const [i, value] of parameters.entries())
      sum += VECTOR_PENALTY * (value - unchanged(i)) ** 2;
    return sum;
  };
  let parameters = Array.from({ length: parameterCount }, (_, i) => unchanged(i) as number);
  let reached = loss(parameters);
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = parameters.map((value, i) => 2 * VECTOR_PENALTY * (value - unchanged(i)));
    const hessian = parameters.map((_, i) =>
      parameters.map((_, j) => (i === j ? 2 * VECTOR_PENALTY : 0)),
    );
    for (const { truth, weight, z } of inputs) {
      const p = probabilities(z, parameters);
      for (let i = 0; i < parameterCount; i++) {
        const k = i % classCount();
        const zi = weight * (i < classCount() ? z[k]! : 1);
        gradient[i]! += (p[k]! - (k === truth ? 1 : 0)) * zi;
        for (let j = 0; j <= i; j++) {
          const l = j % classCount();
          const zj = j < classCount() ? z[l]! : 1;
          hessian[i]![j]! += p[k]! * ((k === l ? 1 : 0) - p[l]!) * zi * zj;
        }
      }
    }
    const direction = solvePositiveDefinite(hessian, gradient);
    const descent = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
    if (descent < TOLERANCE * inputs.length) break;
    let rate = 1;
    let next = parameters;
    let nextLoss = reached;
    for (; rate > 1e-6; rate /= 2) {
      next = parameters.map((value, i) => value - rate * direction[i]!);
      nextLoss = loss(next);
      if (nextLoss <= reached - 1e-4 * rate * descent) break;
    }
    if (!(nextLoss < reached)) break;
    [parameters, reached] = [next, nextLoss];
  }
  const factors = parameters.slice(0, classCount());
  const biases = parameters.slice(classCount());
  return {
    temperature: base.temperature,
    logitScale: factors.map((factor, k) => factor * (base.logitScale?.[k] ?? 1)),
    logitBias: factors.map((factor, k) => factor * base.logitBias[k]! + biases[k]!),
  };
}
