import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportTfjs } from '../../convert/tfjs/tfjs-export.ts';
import { unfoldBatchNorm } from '../../convert/unfold-batch-norm.ts';
import {
  type Architecture,
  type ConvNormLayer,
  efficientNetB0,
  extractFeatures,
} from '../../network/architecture.ts';
import { loadTfjsNode } from '../../network/engine/tensorflow.ts';
import { relativeError } from '../../network/fixtures/relative-error.ts';
import {
  randomPictures,
  SHRUNKEN,
  trainedLookingParameters,
} from '../../network/fixtures/shrunken-network.ts';
import { convNormLayers, type Parameters, withNewClassifier } from '../../network/parameters.ts';
import { parameterTensors, swished, TfjsInterpreter } from '../../network/tfjs-interpreter.ts';
import type { ImageBatch } from '../../network/trainable-network.ts';
import { bundledFolder, bundledVersions } from '../../versions/fixtures/bundled-versions.ts';
import { decodeGraphWeights, readVersionWeights } from '../../versions/version-weights.ts';
import { continueNetworks } from './continued.ts';

const [BEFORE, SERVED] = await bundledVersions();

async function* pictures(count: number, size: number): AsyncGenerator<ImageBatch> {
  for (let batch = 0; batch < 2; batch++) {
    yield { values: randomPictures(count, size, batch + 1), count, size };
  }
}

/** The last features, and what each normalization gave, by its convolution. */
function run(
  parameters: Parameters,
  architecture: Architecture,
  { values, count, size }: ImageBatch,
) {
  const outputs = new Map<string, Float32Array>();
  class Recorder extends TfjsInterpreter {
    override convNorm(x: tf.Tensor, layer: ConvNormLayer): tf.Tensor {
      const output = super.convNorm(x, { ...layer, swish: false });
      outputs.set(layer.conv, output.dataSync<'float32'>().slice());
      return layer.swish ? swished(output) : output;
    }
  }
  const tensors = parameterTensors(withNewClassifier(parameters, architecture), architecture);
  const features = tf.tidy(() => {
    const image = tf.tensor4d(values, [count, size, size, 3]);
    const last = extractFeatures<tf.Tensor>(new Recorder(tensors), image, architecture);
    return last.dataSync<'float32'>().slice();
  });
  tf.dispose([...tensors.values()]);
  return { features, outputs };
}

beforeAll(async () => {
  loadTfjsNode();
  await tf.setBackend('tensorflow');
});

describe('unfoldBatchNorm', () => {
  const trained = trainedLookingParameters(SHRUNKEN, 1);
  const scale = trainedLookingParameters(SHRUNKEN, 2);
  const unfold = async () =>
    unfoldBatchNorm(
      await decodeGraphWeights(exportTfjs(trained, SHRUNKEN, 'float32')),
      scale,
      pictures(4, 64),
      SHRUNKEN,
    );

  it('is the exported network', async () => {
    const batch = { values: randomPictures(3, 64, 9), count: 3, size: 64 };
    const expected = run(trained, SHRUNKEN, batch).features;
    expect(relativeError(run(await unfold(), SHRUNKEN, batch).features, expected)).toBeLessThan(
      1e-4,
    );
  });

  it('has the norms of the given filters and the statistics of the images', async () => {
    const parameters = await unfold();
    const values: Float32Array[] = [];
    for await (const batch of pictures(4, 64)) {
      values.push(run(parameters, SHRUNKEN, batch).outputs.get('conv_stem')!);
    }
    const [layer] = convNormLayers(SHRUNKEN);
    const { conv, norm, outputs } = layer!;
    const all = values.flatMap((v) => [...v]);
    for (let channel = 0; channel < outputs; channel++) {
      const own = all.filter((_, i) => i % outputs === channel);
      const mean = own.reduce((a, b) => a + b) / own.length;
      const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length;
      // Normalized, the images have mean 0 and variance 1: what is left is the offset and the scale.
      expect(mean).toBeCloseTo(parameters.get(`${norm}.bias`)![channel]!, 3);
      expect(Math.sqrt(variance) / parameters.get(`${norm}.weight`)![channel]!).toBeCloseTo(1, 2);
    }
    const length = (p: Parameters) => Math.hypot(...p.get(`${conv}.weight`)!.subarray(0, 27));
    expect(length(parameters)).toBeCloseTo(length(scale), 4);
  });

  it('says what a graph of another network lacks', async () => {
    const folded = await decodeGraphWeights(exportTfjs(trained, SHRUNKEN, 'float32'));
    folded.delete('conv_head/bias');
    const unfolded = unfoldBatchNorm(folded, scale, pictures(1, 64), SHRUNKEN);
    await expect(unfolded).rejects.toThrow('lacks conv_head/bias');
  });
});

describe('continueNetworks', () => {
  const pretrained = {
    parameters: trainedLookingParameters(efficientNetB0(), 3),
    description: 'pretrained.safetensors',
  };
  const start = async (folders: string[], validation: string[], shares?: number[]) =>
    continueNetworks({
      networks: await Promise.all(folders.map(readVersionWeights)),
      shares,
      pretrained,
      split: { validation },
      images: pictures(1, 64),
    });

  it('refuses a version that was trained on what the run validates on', async () => {
    const { split } = await readVersionWeights(bundledFolder(SERVED));
    const validation = [...split.validation.slice(0, 5), split.train[7]!];
    await expect(start([bundledFolder(SERVED)], validation)).rejects.toThrow(
      new RegExp(`was trained on ${split.train[7]}, .*--split`),
    );
  });

  it('takes the mean of versions, and says of which', async () => {
    const { split } = await readVersionWeights(bundledFolder(SERVED));
    const [older, newer, mean] = await Promise.all(
      [[BEFORE], [SERVED], [BEFORE, SERVED]].map((versions) =>
        start(versions.map(bundledFolder), split.validation),
      ),
    );
    expect(mean!.description).toMatch(
      new RegExp(
        `^mean of naevus-efficientnet-b0 ${BEFORE} \\(sha256 \\w{64}\\) and naevus-efficientnet-b0 ${SERVED} .*pretrained`,
      ),
    );
    // A bias of the squeeze is neither folded nor scaled.
    const bias = 'blocks.6.0.se.conv_reduce.bias';
    const [a, b] = [older!, newer!].map(({ parameters }) => parameters.get(bias)!);
    const expected = a!.map((value, i) => (value + b![i]!) / 2);
    expect(relativeError(expected, a!)).toBeGreaterThan(1e-4);
    expect(relativeError(mean!.parameters.get(bias)!, expected)).toBeLessThan(1e-6);

    const folders = [BEFORE, SERVED].map(bundledFolder);
    const weighed = await start(folders, split.validation, [0.25, 0.75]);
    expect(weighed.description).toMatch(/^mean of .*\(25 %\) and .*\(75 %\)/);
    const quarter = a!.map((value, i) => 0.25 * value + 0.75 * b![i]!);
    expect(relativeError(weighed.parameters.get(bias)!, quarter)).toBeLessThan(1e-6);
  });
});
