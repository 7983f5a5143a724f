import { createRandom } from '@naevus/shared/statistics/random';
import { afterEach, describe, expect, it } from 'vitest';
import { RunStopped } from '../../data/run-stopped.ts';
import { SHRUNKEN, trainedLookingParameters } from '../../network/fixtures/shrunken-network.ts';
import { withNewClassifier } from '../../network/parameters.ts';
import { TrainableNetwork } from '../../network/trainable-network.ts';
import { type HeadConfig, trainingConfigSchema } from '../../run/config/training-config.ts';
import type { Features } from '../sampling/pooled-features.ts';
import { trainHead } from './head-phase.ts';
import type { HeadState } from './head-trainer.ts';

const headConfig = (fields: object): HeadConfig =>
  trainingConfigSchema.parse({ head: { epochs: 6, learningRate: 0.05, batchSize: 8, ...fields } })
    .head;

/** Features that tell their class, with noise; with `shift` of labels they tell another one. */
function features(counts: readonly number[], seed: number, shift = 0): Features {
  const random = createRandom(seed);
  const labels = counts.flatMap((count, k) => new Array<number>(count).fill(k));
  const rows = labels.map((label) =>
    Float32Array.from(
      { length: SHRUNKEN.headChannels },
      (_, i) => (i % 7 === (label + shift) % 7 ? 1 : 0) + 0.5 * random.normal(),
    ),
  );
  return { rows, strata: labels, sources: 1 };
}

const training = features([9, 6, 12, 4, 12, 30, 5], 1);
let network: TrainableNetwork;
const fresh = () => {
  network = new TrainableNetwork({
    architecture: SHRUNKEN,
    parameters: withNewClassifier(trainedLookingParameters(SHRUNKEN, 2), SHRUNKEN),
    trainable: ({ block }) => block === 'classifier',
  });
  return network;
};
const classifier = () => network.parameters.get('classifier.weight').values.slice();
afterEach(() => network.dispose());

describe('trainHead', () => {
  it.each(['natural', 'square-root', 'balanced', 'oversampling', 'smote'])(
    'learns with the sampler %s',
    async (sampler) => {
      const config = headConfig({ sampler, smoteNeighbours: 3, loss: { classWeightPower: 0.5 } });
      const history = await trainHead(fresh(), training, config, 1);
      expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(history.at(-1)!.loss).toBeLessThan(0.8 * history[0]!.loss);
    },
  );

  it('stops early and gives back the classifier of the best validation', async () => {
    // On labels that are moved by one, validation gets worse from the first epoch on.
    const validation = features([5, 5, 5, 5, 5, 5, 5], 3, 1);
    const config = headConfig({ epochs: 20, earlyStopping: { metric: 'loss', patience: 3 } });
    const history = await trainHead(fresh(), training, config, 1, { validation });
    expect(history).toHaveLength(4);
    const stopped = classifier();
    network.dispose();
    await trainHead(fresh(), training, headConfig({ epochs: 20 }), 1, {
      shouldStop: () => true,
    }).catch(() => {});
    expect(stopped).toEqual(classifier());
  });

  it('lowers the learning rate on a plateau', async () => {
    const validation = features([5, 5, 5, 5, 5, 5, 5], 3, 1);
    const config = headConfig({
      schedule: 'plateau',
      plateau: { metric: 'loss', patience: 1, factor: 0.5 },
    });
    const history = await trainHead(fresh(), training, config, 1, { validation });
    expect(history.map(({ learningRate }) => learningRate / 0.05)).toEqual([
      1, 1, 0.5, 0.25, 0.125, 0.0625,
    ]);
  });

  it('goes on from each epoch to the same classifier', async () => {
    const config = headConfig({ sampler: 'oversampling', dropout: 0.2, optimizer: 'adam' });
    const whole = await trainHead(fresh(), training, config, 1);
    const expected = classifier();
    network.dispose();
    fresh();
    let state: HeadState | undefined;
    for (let epoch = 1; epoch < config.epochs; epoch++) {
      const attempt = trainHead(network, training, config, 1, {
        ...(state && { resumed: state }),
        save: async (saved) => {
          state = structuredClone(saved);
        },
        shouldStop: () => true,
      });
      await expect(attempt).rejects.toThrow(RunStopped);
      expect(state?.history).toHaveLength(epoch);
    }
    const history = await trainHead(network, training, config, 1, { resumed: state! });
    expect(classifier()).toEqual(expected);
    expect(history.map(({ loss }) => loss)).toEqual(whole.map(({ loss }) => loss));
  });

  it('says which phase diverged, in which step', async () => {
    const rows = training.rows.map((row, i) => (i === 3 ? row.map(() => Number.NaN) : row));
    await expect(trainHead(fresh(), { ...training, rows }, headConfig({}), 1)).rejects.toThrow(
      /the loss is NaN at step \d+ of head: lower its learning rate/,
    );
  });
});
