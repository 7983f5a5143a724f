import type { LogitLoss } from '../../network/loss/logit-loss.ts';
import type { ImageBatch, StepOptions, TrainableNetwork } from '../../network/trainable-network.ts';

/** Mean loss, and its gradient, of some of the batch's rows: logits of the rows from one on. */
export type RowsLoss = (logits: Float32Array, from: number, rows: number) => LogitLoss;

export interface BatchGradients {
  /** Mean over the batch. */
  readonly loss: number;
  /** Of that mean, by parameter, TensorFlow's layout. */
  readonly gradients: Map<string, Float32Array>;
}

/**
 * Gradients of a batch's mean loss, the images going through the network in parts where there is no memory
 * for all at once. The sum over the parts, each by its share of the images, is the whole batch's gradient
 * where normalizations keep their running statistics; where they use the batch's, each part has its own.
 *
 * @param microBatchSize images of a part; null for all at once.
 */
export function accumulateGradients(
  network: TrainableNetwork,
  batch: ImageBatch,
  microBatchSize: number | null,
  options: Omit<StepOptions, 'lossGradient'>,
  rowsLoss: RowsLoss,
): BatchGradients {
  const { values, count, size } = batch;
  const microBatch = microBatchSize ?? count;
  let loss = 0;
  let gradients: Map<string, Float32Array> | null = null;
  for (let from = 0; from < count; from += microBatch) {
    const rows = Math.min(microBatch, count - from);
    const pixels = size * size * 3;
    const images = rows === count ? values : values.subarray(from * pixels, (from + rows) * pixels);
    const share = rows / count;
    const partGradients = network.gradients(
      { values: images, count: rows, size },
      {
        ...options,
        lossGradient: (logits) => {
          const { value, gradient } = rowsLoss(logits, from, rows);
          loss += share * value;
          return share === 1 ? gradient : gradient.map((slope) => share * slope);
        },
      },
    );
    if (gradients === null) gradients = partGradients;
    else addAll(gradients, partGradients);
  }
  return { loss, gradients: gradients ?? new Map() };
}

function addAll(
  sums: ReadonlyMap<string, Float32Array>,
  terms: ReadonlyMap<string, Float32Array>,
): void {
  for (const [name, term] of terms) {
    const sum = sums.get(name);
    if (!sum) throw new Error(`no part before had a gradient of ${name}`);
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + term[i]!;
  }
}
