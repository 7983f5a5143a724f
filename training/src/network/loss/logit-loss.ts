/**
 * Losses on logits with their gradients, [N, classes] row-major. Small enough to be plain arithmetic here:
 * what costs time is the network before them.
 */

export interface LogitLossOptions {
  readonly classes: number;
  /** Focusing parameter γ of the focal loss, softmax form (Lin et al. 2017, eq. 5); 0 is cross-entropy. */
  readonly focalGamma: number;
  /** Share of the target spread evenly over all classes (Szegedy et al. 2016, section 7). */
  readonly labelSmoothing: number;
  /** Factor of each class's loss by the true label: class weights, or the focal loss's α. */
  readonly classWeights: ArrayLike<number>;
  /**
   * Added to the logits inside the loss only: τ · log prior (Menon et al. 2021, eq. 10); of every row, or by row.
   * -Infinity takes a class out of the softmax and out of the smoothed target.
   */
  readonly logitOffsets: ArrayLike<number> | ((row: number) => ArrayLike<number>);
  /** A row whose loss, before its class's factor, is above this counts as this and teaches nothing; left out: none. */
  readonly clip?: number | undefined;
}

export interface LogitLoss {
  /** Mean over the rows of each row's weighted loss. */
  readonly value: number;
  /** Of that mean with regard to the logits. */
  readonly gradient: Float32Array;
}

/** Two losses of the same logits as one, the first by its share and the second by the rest. */
export function blendedLoss(first: LogitLoss, second: LogitLoss, share: number): LogitLoss {
  return {
    value: share * first.value + (1 - share) * second.value,
    gradient: first.gradient.map((slope, i) => share * slope + (1 - share) * second.gradient[i]!),
  };
}

/**
 * Weighted focal cross-entropy with smoothed targets and adjusted logits:
 * Σ_k −t_k · (1 − p_k)^γ · log p_k, p = softmax(logits + offsets), times the true class's weight.
 *
 * @param labels index of the true class of each row.
 */
export function logitLoss(
  logits: Float32Array,
  labels: ArrayLike<number>,
  options: LogitLossOptions,
): LogitLoss {
  const { classes, focalGamma, labelSmoothing, classWeights } = options;
  const { clip = Number.POSITIVE_INFINITY } = options;
  const offsets = options.logitOffsets;
  const offsetsOf = typeof offsets === 'function' ? offsets : () => offsets;
  const rows = labels.length;
  if (logits.length !== rows * classes) {
    throw new Error(`${logits.length} logits are not ${rows} rows of ${classes}`);
  }
  const gradient = new Float32Array(logits.length);
  const probabilities = new Float64Array(classes);
  const slopes = new Float64Array(classes);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const label = labels[row] ?? 0;
    const logitOffsets = offsetsOf(row);
    let present = 0;
    for (let k = 0; k < classes; k++) if (logitOffsets[k] !== Number.NEGATIVE_INFINITY) present++;
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      top = Math.max(top, (logits[start + k] ?? 0) + (logitOffsets[k] ?? 0));
    }
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const e = Math.exp((logits[start + k] ?? 0) + (logitOffsets[k] ?? 0) - top);
      probabilities[k] = e;
      sum += e;
    }
    const weight = (classWeights[label] ?? 1) / rows;
    let mean = 0;
    let own = 0;
    for (let k = 0; k < classes; k++) {
      const p = Math.max((probabilities[k] ?? 0) / sum, 1e-12);
      probabilities[k] = p;
      const smoothed = logitOffsets[k] === Number.NEGATIVE_INFINITY ? 0 : labelSmoothing / present;
      const target = smoothed + (k === label ? 1 - labelSmoothing : 0);
      const easy = (1 - p) ** focalGamma;
      const logP = Math.log(p);
      own -= target * easy * logP;
      // d/dp of −t (1 − p)^γ log p, times p: the softmax's Jacobian then takes the mean off.
      const rise = focalGamma === 0 ? 0 : focalGamma * (1 - p) ** (focalGamma - 1) * p * logP;
      slopes[k] = target * (rise - easy);
      mean += slopes[k] ?? 0;
    }
    total += weight * Math.min(own, clip);
    if (own > clip) continue;
    for (let k = 0; k < classes; k++) {
      gradient[start + k] = weight * ((slopes[k] ?? 0) - (probabilities[k] ?? 0) * mean);
    }
  }
  return { value: total, gradient };
}
