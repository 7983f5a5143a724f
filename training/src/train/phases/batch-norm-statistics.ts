import { setImmediate } from 'node:timers/promises';
import { createProgress } from '@naevus/shared/progress';
import { createRandom } from '@naevus/shared/statistics/random';
import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import type { ShouldStop } from '../../data/run-stopped.ts';
import type { ImageBatch, TrainableNetwork } from '../../network/trainable-network.ts';
import type { StatisticsSums } from '../../run/checkpoint.ts';
import { batches, imageBatch } from '../sampling/image-batch.ts';

const STATISTICS_BATCH = 32;

/**
 * Re-estimates every normalization's running mean and variance as the mean over batches of their own
 * statistics, the weights still: what was estimated on other pictures, or on moving weights, is replaced.
 * (Wu, Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3: precise statistics.)
 *
 * @param imageBatches those that are left where `begun` holds the sums of an earlier pass.
 * @param total images in all.
 * @returns the sums so far where it was asked to stop, the network being unchanged then; null when done.
 */
export async function reestimateStatistics(
  network: TrainableNetwork,
  imageBatches: AsyncIterable<ImageBatch>,
  total: number,
  options: { readonly begun?: StatisticsSums | null; readonly shouldStop?: ShouldStop } = {},
): Promise<StatisticsSums | null> {
  const { begun, shouldStop = () => false } = options;
  const means = sumsByName(begun?.means);
  const variances = sumsByName(begun?.variances);
  let count = begun?.batches ?? 0;
  const progress = createProgress('batch-norm statistics', total);
  for await (const batch of imageBatches) {
    network.observeStatistics(batch, (norm, mean, variance) => {
      accumulate(means, norm, mean);
      accumulate(variances, norm, variance);
    });
    count++;
    progress.advance(batch.count);
    // Lets a signal in, which is what sets shouldStop.
    await setImmediate();
    if (shouldStop()) {
      return { batches: count, means: asRecord(means), variances: asRecord(variances) };
    }
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
  return null;
}

function sumsByName(sums: StatisticsSums['means'] = {}): Map<string, Float64Array> {
  return new Map(Object.entries(sums).map(([name, sum]) => [name, Float64Array.from(sum)]));
}

function asRecord(sums: ReadonlyMap<string, Float64Array>): StatisticsSums['means'] {
  return Object.fromEntries([...sums].map(([name, sum]) => [name, [...sum]]));
}

function accumulate(sums: Map<string, Float64Array>, name: string, values: Float32Array): void {
  const sum = sums.get(name) ?? new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) sum[i] = sum[i]! + values[i]!;
  sums.set(name, sum);
}

/**
 * At most `count` of the images, drawn at random without repetition.
 *
 * @param skipped batches that an earlier pass has seen.
 */
export async function* statisticsBatches(
  images: LabelledImages,
  count: number,
  seed: number,
  skipped = 0,
): AsyncGenerator<ImageBatch> {
  const order = createRandom(seed)
    .shuffle([...images.labels.keys()])
    .slice(0, count);
  for (const indices of batches(order, STATISTICS_BATCH).slice(skipped)) {
    yield imageBatch(images, indices);
  }
}
