import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { relativeError } from '../../network/fixtures/relative-error.ts';
import {
  randomPictures,
  SHRUNKEN,
  trainedLookingParameters,
} from '../../network/fixtures/shrunken-network.ts';
import { logitLoss } from '../../network/loss/logit-loss.ts';
import { TrainableNetwork } from '../../network/trainable-network.ts';
import { accumulateGradients } from './accumulate-gradients.ts';

const COUNT = 5;
const size = SHRUNKEN.inputSize;
const batch = { values: randomPictures(COUNT, size, 4), count: COUNT, size };
const labels = [0, 3, 6, 3, 1];
const ones = new Array<number>(SHRUNKEN.classes).fill(1);

function gradients(microBatchSize: number | null, usesBatch: boolean) {
  const network = new TrainableNetwork({
    architecture: SHRUNKEN,
    parameters: trainedLookingParameters(SHRUNKEN, 2),
    trainable: () => true,
  });
  const result = accumulateGradients(
    network,
    batch,
    microBatchSize,
    {
      random: createRandom(1),
      dropPathRate: 0,
      dropoutRate: 0,
      usesBatchStatistics: () => usesBatch,
      onBatchStatistics: () => {},
    },
    (logits, from, rows) =>
      logitLoss(logits, labels.slice(from, from + rows), {
        classes: SHRUNKEN.classes,
        focalGamma: 2,
        labelSmoothing: 0.1,
        classWeights: ones,
        logitOffsets: new Array<number>(SHRUNKEN.classes).fill(0),
      }),
  );
  network.dispose();
  return result;
}

describe('batchGradients', () => {
  it.each([1, 2, 4])('are those of the whole batch in parts of %d, batch norm frozen', (part) => {
    const [whole, parts] = [gradients(null, false), gradients(part, false)];
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect([...parts.gradients.keys()]).toEqual([...whole.gradients.keys()]);
    for (const [name, gradient] of whole.gradients) {
      expect(relativeError(parts.gradients.get(name)!, gradient), name).toBeLessThan(1e-3);
    }
  });

  it('differ where each part is normalized with its own statistics', () => {
    const [whole, parts] = [gradients(null, true), gradients(2, true)];
    const name = 'blocks.1.0.conv_pw.weight';
    const difference = relativeError(parts.gradients.get(name)!, whole.gradients.get(name)!);
    expect(difference).toBeGreaterThan(0.01);
  });

  it('take a part that is larger than the batch for the batch', () => {
    expect(gradients(64, false)).toEqual(gradients(null, false));
  });
});
