import { createProgress } from '../data/progress.ts';
import type { ImageBatch, TrainableNetwork } from '../network/trainable-network.ts';

/**
 * Re-estimates every normalization's running mean and variance as the mean over batches of their own
 * statistics, the weights still: what was estimated on other pictures, or on moving weights, is replaced.
 * (Wu, Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3: precise statistics.)
 */
export async function reestimateStatistics(
  network: TrainableNetwork,
  imageBatches: AsyncIterable<ImageBatch>,
  total: number,
): Promise<void> {
  const means = new Map<string, Float64Array>();
  const variances = new Map<string, Float64Array>();
  let count = 0;
  const progress = createProgress('batch-norm statistics', total);
  for await (const batch of imageBatches) {
    network.observeStatistics(batch, (norm, mean, variance) => {
      accumulate(means, norm, mean);
      accumulate(variances, norm, variance);
    });
    count++;
    progress.advance(batch.count);
  }
  progress.done();
  for (const [statistic, sums] of [
    ['running_mean', means],
    ['running_var', variances],
  ] as const) {
    for (const [norm, sum] of sums) {
      const name = `${norm}.${statistic}`;
      const { values } = network.parameters.get(name);
      for (let i = 0; i < values.length; i++) values[i] = sum[i]! / count;
      network.parameters.changed(name);
    }
  }
}

function accumulate(sums: Map<string, Float64Array>, name: string, values: Float32Array): void {
  const sum = sums.get(name) ?? new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) sum[i] = sum[i]! + values[i]!;
  sums.set(name, sum);
}
