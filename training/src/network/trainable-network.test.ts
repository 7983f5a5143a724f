import { createRandom } from '@naevus/shared/statistics/random';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { classify, efficientNetB0, extractFeatures } from './architecture.ts';
import { cachedTensors } from './engine/kernels.ts';
import { liveTensors } from './engine/tensorflow.ts';
import {
  GOLDEN_WEIGHTS,
  goldenAvailable,
  goldenFeatures,
  goldenPictures,
} from './fixtures/golden-features.ts';
import { relativeError } from './fixtures/relative-error.ts';
import { randomPictures, SHRUNKEN, trainedLookingParameters } from './fixtures/shrunken-network.ts';
import { withNewClassifier } from './parameters.ts';
import { readSafetensors } from './safetensors.ts';
import { parameterTensors, TfjsInterpreter } from './tfjs-interpreter.ts';
import { type StepOptions, TrainableNetwork } from './trainable-network.ts';

const COUNT = 3;
const { inputSize: size, classes } = SHRUNKEN;
const parameters = trainedLookingParameters(SHRUNKEN, 5);
const batch = { values: randomPictures(COUNT, size, 6), count: COUNT, size };
const random = createRandom(7);
const logitWeights = Float32Array.from({ length: COUNT * classes }, () => random.normal());

const step = (options: Partial<StepOptions> = {}): StepOptions => ({
  random: createRandom(8),
  dropPathRate: 0,
  dropoutRate: 0,
  usesBatchStatistics: () => false,
  onBatchStatistics: () => {},
  lossGradient: () => logitWeights,
  ...options,
});

/** Gradients of sum(logits · logitWeights) by tfjs's own differentiation of the reference interpreter. */
function referenceGradients(names: readonly string[]): Map<string, Float32Array> {
  const tensors = parameterTensors(parameters, SHRUNKEN);
  const image = tf.tensor4d(batch.values, [COUNT, size, size, 3]);
  const weights = tf.tensor2d(logitWeights, [COUNT, classes]);
  const gradients = tf.grads((...values: tf.Tensor[]) => {
    const replaced = new Map([...tensors, ...names.map((name, i) => [name, values[i]!] as const)]);
    const ops = new TfjsInterpreter(replaced);
    const pooled = ops.globalAveragePool(extractFeatures<tf.Tensor>(ops, image, SHRUNKEN));
    return classify<tf.Tensor>(ops, pooled, SHRUNKEN).mul(weights).sum();
  })(names.map((name) => tensors.get(name)!));
  return new Map(names.map((name, i) => [name, gradients[i]!.dataSync() as Float32Array]));
}

describe('TrainableNetwork', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('differentiates as tfjs does, every kind of parameter', () => {
    const network = new TrainableNetwork({
      architecture: SHRUNKEN,
      parameters,
      trainable: () => true,
    });
    const gradients = network.gradients(batch, step());
    const names = network.parameters.trainable().map(({ spec }) => spec.name);
    expect([...gradients.keys()].sort()).toEqual([...names].sort());
    for (const [name, reference] of referenceGradients(names)) {
      expect(relativeError(gradients.get(name)!, reference), name).toBeLessThan(1e-3);
    }
    network.dispose();
  });

  it('differentiates through batch statistics, dropout and dropped paths', () => {
    const network = new TrainableNetwork({
      architecture: SHRUNKEN,
      parameters,
      trainable: () => true,
    });
    const options = { usesBatchStatistics: () => true, dropPathRate: 0.4, dropoutRate: 0.3 };
    const gradients = network.gradients(batch, step(options));
    const value = () => {
      let sum = 0;
      network.gradients(
        batch,
        step({
          ...options,
          lossGradient: (logits) => {
            logits.forEach((logit, i) => {
              sum += logit * logitWeights[i]!;
            });
            return logitWeights;
          },
        }),
      );
      return sum;
    };
    for (const name of [
      'classifier.weight',
      'bn2.weight',
      'blocks.2.1.conv_pwl.weight',
      'blocks.3.0.se.conv_expand.bias',
    ]) {
      const { values } = network.parameters.get(name);
      const start = values.slice();
      const direction = Float32Array.from(values, () => random.normal());
      const distance = 4e-3 / Math.sqrt(values.length);
      const at = (sign: number) => {
        for (let i = 0; i < values.length; i++)
          values[i] = start[i]! + sign * distance * direction[i]!;
        network.parameters.changed(name);
        return value();
      };
      const numeric = (at(1) - at(-1)) / (2 * distance);
      at(0);
      const analytic = gradients.get(name)!.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      expect(Math.abs(numeric - analytic), name).toBeLessThan(0.02 * Math.abs(analytic) + 2e-3);
    }
    network.dispose();
  });

  it('computes nothing for what is frozen, and the same for the rest', () => {
    const all = new TrainableNetwork({ architecture: SHRUNKEN, parameters, trainable: () => true });
    const upper = new TrainableNetwork({
      architecture: SHRUNKEN,
      parameters,
      trainable: ({ block }) => block === 'blocks.3.0' || block === 'head',
    });
    const whole = all.gradients(batch, step());
    const part = upper.gradients(batch, step());
    expect([...part.keys()].every((name) => /^(blocks\.3|conv_head|bn2)/.test(name))).toBe(true);
    expect(part.size).toBeGreaterThan(10);
    for (const [name, gradient] of part) {
      expect(relativeError(gradient, whole.get(name)!), name).toBeLessThan(1e-5);
    }
    all.dispose();
    upper.dispose();
  });

  it('frees every tensor it makes', () => {
    const before = liveTensors() - cachedTensors();
    const network = new TrainableNetwork({
      architecture: SHRUNKEN,
      parameters,
      trainable: () => true,
    });
    network.gradients(
      batch,
      step({ usesBatchStatistics: () => true, dropPathRate: 0.5, dropoutRate: 0.5 }),
    );
    network.logits(batch);
    network.observeStatistics(batch, () => {});
    network.dispose();
    expect(liveTensors() - cachedTensors()).toBe(before);
  });

  it('gives the statistics of each batch', () => {
    const network = new TrainableNetwork({ architecture: SHRUNKEN, parameters });
    const seen = new Map<string, Float32Array>();
    network.observeStatistics(batch, (norm, mean, variance) => {
      seen.set(norm, mean);
      expect(variance.every((value) => value >= 0)).toBe(true);
    });
    // Stem, 1 + 2 · 3 + 2 · 3 + 3 blocks' normalizations (the first block has two), head.
    expect(seen.size).toBe(1 + 2 + 2 * 3 + 2 * 3 + 3 + 1);
    network.dispose();
  });

  it.runIf(goldenAvailable)(
    'reproduces the reference features of the pretrained backbone',
    async () => {
      const network = new TrainableNetwork({
        architecture: efficientNetB0(),
        parameters: withNewClassifier(await readSafetensors(GOLDEN_WEIGHTS), efficientNetB0()),
      });
      const features = network.features({ values: goldenPictures(), count: 2, size: 224 });
      expect(relativeError(features, goldenFeatures())).toBeLessThan(1e-3);
      network.dispose();
    },
  );
});
