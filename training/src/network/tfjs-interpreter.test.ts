import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Architecture,
  classifierLayer,
  classify,
  efficientNetB0,
  extractFeatures,
} from './architecture.ts';
import {
  GOLDEN_WEIGHTS,
  goldenAvailable,
  goldenFeatures,
  goldenPictures,
} from './fixtures/golden-features.ts';
import { relativeError } from './fixtures/relative-error.ts';
import { randomPictures, SHRUNKEN, trainedLookingParameters } from './fixtures/shrunken-network.ts';
import { type Parameters, withNewClassifier } from './parameters.ts';
import { readSafetensors } from './safetensors.ts';
import { parameterTensors, TfjsInterpreter } from './tfjs-interpreter.ts';

beforeAll(() => tf.setBackend('cpu'));

function run(parameters: Parameters, architecture: Architecture, pictures: Float32Array) {
  return tf.tidy(() => {
    const { inputSize: size } = architecture;
    const image = tf.tensor4d(pictures, [pictures.length / (size * size * 3), size, size, 3]);
    const ops = new TfjsInterpreter(parameterTensors(parameters, architecture));
    const features = extractFeatures<tf.Tensor>(ops, image, architecture);
    const pooled = ops.globalAveragePool(features);
    const cam = ops.classActivationMaps(features, classifierLayer(architecture));
    return {
      shapes: { features: features.shape, cam: cam.shape },
      pooled: pooled.dataSync(),
      logits: classify<tf.Tensor>(ops, pooled, architecture).dataSync(),
      camMeans: cam.mean([2, 3]).dataSync(),
    };
  });
}

describe('TfjsInterpreter', () => {
  const pictures = randomPictures(2, SHRUNKEN.inputSize, 1);
  const parameters = trainedLookingParameters(SHRUNKEN, 2);

  it('has maps whose mean over y and x plus bias is the logit', () => {
    const { shapes, logits, camMeans } = run(parameters, SHRUNKEN, pictures);
    expect(shapes).toEqual({ features: [2, 4, 4, 48], cam: [2, 7, 4, 4] });
    const bias = parameters.get('classifier.bias')!;
    expect(
      relativeError(
        camMeans.map((mean, i) => mean + bias[i % 7]!),
        logits,
      ),
    ).toBeLessThan(1e-5);
  });

  it('gives a new classifier no opinion', () => {
    const fresh = withNewClassifier(parameters, SHRUNKEN);
    const { logits, pooled } = run(fresh, SHRUNKEN, pictures);
    expect([...logits]).toEqual(new Array(14).fill(0));
    expect(pooled.some((value) => value !== 0)).toBe(true);
  });

  it('is pulled by its running statistics, not by the batch', () => {
    const one = run(parameters, SHRUNKEN, pictures.slice(0, pictures.length / 2)).logits;
    const two = run(parameters, SHRUNKEN, pictures).logits;
    expect(relativeError(two.slice(0, 7), one)).toBeLessThan(1e-6);
    const shifted = new Map(parameters).set('bn2.running_mean', new Float32Array(48).fill(1));
    expect(relativeError(run(shifted, SHRUNKEN, pictures).logits, two)).toBeGreaterThan(1e-2);
  });

  it('names a missing parameter', () => {
    const lacking = new Map(parameters);
    lacking.delete('blocks.1.0.se.conv_reduce.bias');
    expect(() => run(lacking, SHRUNKEN, pictures)).toThrow('blocks.1.0.se.conv_reduce.bias');
  });

  it.skipIf(!goldenAvailable)(
    'reproduces the reference features of the pretrained backbone',
    async () => {
      const backbone = withNewClassifier(await readSafetensors(GOLDEN_WEIGHTS), efficientNetB0());
      const { pooled } = run(backbone, efficientNetB0(), goldenPictures());
      const error = relativeError(pooled, goldenFeatures());
      console.info(
        `tfjs reference interpreter against the golden features: ${error.toExponential(1)}`,
      );
      expect(error).toBeLessThan(1e-3);
    },
    120_000,
  );
});
