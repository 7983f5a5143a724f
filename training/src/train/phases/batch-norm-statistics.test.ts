import { expect, it } from 'vitest';
import { relativeError } from '../../network/fixtures/relative-error.ts';
import {
  randomPictures,
  SHRUNKEN,
  trainedLookingParameters,
} from '../../network/fixtures/shrunken-network.ts';
import { type ImageBatch, TrainableNetwork } from '../../network/trainable-network.ts';
import { reestimateStatistics } from './batch-norm-statistics.ts';

const size = SHRUNKEN.inputSize;
const batch = (seed: number): ImageBatch => ({
  values: randomPictures(4, size, seed),
  count: 4,
  size,
});

async function* each(batches: readonly ImageBatch[]): AsyncGenerator<ImageBatch> {
  yield* batches;
}

it('replaces running statistics by the mean of those of the batches, and leaves the weights', async () => {
  const network = new TrainableNetwork({
    architecture: SHRUNKEN,
    parameters: trainedLookingParameters(SHRUNKEN, 1),
  });
  const before = network.parameters.toParameters();
  const seen: Float32Array[] = [];
  for (const seed of [1, 2]) {
    network.observeStatistics(batch(seed), (norm, mean) => {
      if (norm === 'bn1') seen.push(mean);
    });
  }
  await reestimateStatistics(network, each([batch(1), batch(2)]), 8);
  const after = network.parameters.toParameters();
  const expected = seen[0]!.map((mean, i) => (mean + seen[1]![i]!) / 2);
  expect(relativeError(after.get('bn1.running_mean')!, expected)).toBeLessThan(1e-5);
  for (const [name, values] of after) {
    if (/running_(mean|var)$/.test(name)) expect(values, name).not.toEqual(before.get(name));
    else expect(values, name).toEqual(before.get(name));
  }
  network.dispose();
});

it('lets a single batch be normalized in inference as it was in training', async () => {
  const network = new TrainableNetwork({
    architecture: SHRUNKEN,
    parameters: trainedLookingParameters(SHRUNKEN, 1),
  });
  const started = network.logits(batch(3));
  await reestimateStatistics(network, each([batch(3)]), 4);
  const settled = network.logits(batch(3));
  expect(settled).not.toEqual(started);
  // Once more from the same batch: nothing is left to move.
  await reestimateStatistics(network, each([batch(3)]), 4);
  expect(relativeError(network.logits(batch(3)), settled)).toBeLessThan(1e-4);
  network.dispose();
});

it('goes on after a stop to the same statistics', async () => {
  const fresh = () =>
    new TrainableNetwork({
      architecture: SHRUNKEN,
      parameters: trainedLookingParameters(SHRUNKEN, 1),
    });
  const whole = fresh();
  expect(await reestimateStatistics(whole, each([batch(1), batch(2)]), 8)).toBeNull();

  const stopped = fresh();
  const before = stopped.parameters.toParameters();
  const begun = await reestimateStatistics(stopped, each([batch(1), batch(2)]), 8, {
    shouldStop: () => true,
  });
  expect(begun?.batches).toBe(1);
  expect(stopped.parameters.toParameters()).toEqual(before);
  const kept = JSON.parse(JSON.stringify(begun)) as typeof begun;
  expect(await reestimateStatistics(stopped, each([batch(2)]), 8, { begun: kept })).toBeNull();
  expect(stopped.parameters.toParameters()).toEqual(whole.parameters.toParameters());
  whole.dispose();
  stopped.dispose();
});
