/** How logits become scores; the `calibration` of an artifact's manifest has these members. */
export interface Calibration {
  /** Logits are divided by it. Positive and finite; 1 changes nothing. */
  readonly temperature: number;
  /** Factors of the divided logits, one a label (vector scaling); without them, 1 for each. */
  readonly logitScale?: readonly number[] | undefined;
  /** Added to them then, one a label, in the order of the outputs. */
  readonly logitBias: readonly number[];
}

/** The network gave a logit that is no finite number: its weights or its input are broken. */
export class NonFiniteLogitError extends Error {
  override readonly name = 'NonFiniteLogitError';
  /** Position of the first such logit. */
  readonly index: number;
  readonly value: number;

  constructor(index: number, value: number) {
    super(`logit ${index} is ${value}, not a finite number: the model or its input is broken`);
    this.index = index;
    this.value = value;
  }
}

/**
 * exp(x_i) / sum_j exp(x_j), with the largest logit subtracted first so that nothing overflows
 * (Goodfellow, Bengio, Courville, "Deep Learning", section 4.1).
 *
 * @param logits one or more finite numbers
 * @returns as many probabilities, from 0 to 1, that sum to 1
 * @throws NonFiniteLogitError when a logit is NaN or infinite
 */
export function softmax(logits: ArrayLike<number>): number[] {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (!Number.isFinite(logit)) throw new NonFiniteLogitError(i, logit);
    if (logit > largest) largest = logit;
  }
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}

/**
 * The scores that are served: softmax(logitScale · logits / temperature + logitBias)
 * (temperature and vector scaling: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2).
 *
 * @param logits one a label, in the order of the outputs
 * @returns as many probabilities in that order, which sum to 1
 * @throws NonFiniteLogitError when a logit is NaN or infinite, before or after the calibration
 * @throws RangeError when there is not one bias and factor for each logit, or the temperature is not positive
 */
export function scores(logits: ArrayLike<number>, calibration: Calibration): number[] {
  const { temperature, logitScale, logitBias } = calibration;
  if (logits.length !== logitBias.length) {
    throw new RangeError(
      `expected one bias a logit, not ${logitBias.length} for ${logits.length} logits`,
    );
  }
  if (logitScale !== undefined && logitScale.length !== logits.length) {
    throw new RangeError(
      `expected ${logits.length} factors of the logits, not ${logitScale.length}`,
    );
  }
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new RangeError(`temperature must be positive and finite, not ${temperature}`);
  }
  return softmax(
    Array.from(
      logits,
      (logit, i) => ((logitScale?.[i] ?? 1) * logit) / temperature + logitBias[i]!,
    ),
  );
}
