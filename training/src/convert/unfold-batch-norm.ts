import * as tf from '@tensorflow/tfjs-core';
import {
  type Architecture,
  BATCH_NORM_EPSILON,
  type ConvNormLayer,
  extractFeatures,
  IMAGENET_STD,
} from '../network/architecture.ts';
import {
  convNormLayers,
  type Parameters,
  parameterSize,
  parameterSpecs,
} from '../network/parameters.ts';
import { toPytorchLayout } from '../network/tensor-layout.ts';
import { parameterTensors, swished, TfjsInterpreter } from '../network/tfjs-interpreter.ts';
import type { ImageBatch } from '../network/trainable-network.ts';

/**
 * The backbone of an exported network as training has it. An export folds each batch normalization into its
 * convolution, W x + b. Here it stands apart again, with statistics measured on images, so that training can
 * go on with it: γ (k W x - μ) / √(σ² + ε) + β, with μ and σ² those of k W x, γ = √(σ² + ε) / k and
 * β = b + μ / k, is the same function for any k > 0. k gives every filter the norm that it has in `scale`,
 * since an optimizer's steps and decay are made for weights of that size.
 *
 * @param folded by the names of the graph model, in TensorFlow's layout
 * @param scale a backbone of the same architecture, PyTorch's layout
 * @param images RGB 0 to 255
 * @returns PyTorch's layout, no classifier
 * @throws Error when the graph lacks a layer of the architecture, or there are no images.
 */
export async function unfoldBatchNorm(
  folded: ReadonlyMap<string, Float32Array>,
  scale: Parameters,
  images: AsyncIterable<ImageBatch>,
  architecture: Architecture,
): Promise<Parameters> {
  const parameters = withIdentityNorms(folded, architecture);
  const moments = await outputMoments(parameters, images, architecture);
  for (const { conv, norm } of convNormLayers(architecture)) {
    const kernel = parameters.get(`${conv}.weight`)!;
    const bias = parameters.get(`${norm}.bias`)!;
    const { mean, variance } = moments.get(conv)!;
    const filterSize = kernel.length / bias.length;
    const [own, wanted] = [kernel, scale.get(`${conv}.weight`)!].map((k) =>
      filterNorms(k, filterSize),
    );
    const factor = own!.map((length, i) =>
      length > 0 && wanted![i]! > 0 ? wanted![i]! / length : 1,
    );
    const deviation = variance.map((v, i) => Math.sqrt(factor[i]! ** 2 * v + BATCH_NORM_EPSILON));
    const channels = (value: (i: number) => number) => Float32Array.from(bias, (_, i) => value(i));

    parameters.set(
      `${conv}.weight`,
      kernel.map((w, i) => w * factor[Math.floor(i / filterSize)]!),
    );
    parameters.set(
      `${norm}.weight`,
      channels((i) => deviation[i]! / factor[i]!),
    );
    // The measured mean is of W x + b: b + μ / k.
    parameters.set(
      `${norm}.bias`,
      channels((i) => mean[i]!),
    );
    parameters.set(
      `${norm}.running_mean`,
      channels((i) => factor[i]! * (mean[i]! - bias[i]!)),
    );
    parameters.set(
      `${norm}.running_var`,
      channels((i) => factor[i]! ** 2 * variance[i]!),
    );
  }
  for (const { block, name } of parameterSpecs(architecture)) {
    if (block === 'classifier') parameters.delete(name);
  }
  return parameters;
}

/**
 * An exported network in the architecture's parameters, normalizations that only add the bias: the same
 * function, to be exported or scored, not to be trained further.
 *
 * @param folded by the names of the graph model, in TensorFlow's layout
 * @returns PyTorch's layout, with the classifier
 * @throws Error when the graph lacks a layer of the architecture.
 */
export function withIdentityNorms(
  folded: ReadonlyMap<string, Float32Array>,
  architecture: Architecture,
): Parameters {
  const constant = (name: string) => {
    const values = folded.get(name);
    if (!values) throw new Error(`the exported graph lacks ${name}`);
    return values;
  };
  const layers = convNormLayers(architecture);
  const convolutionOf = new Map(layers.map(({ norm, conv }) => [norm, conv]));
  const parameters: Parameters = new Map();
  for (const spec of parameterSpecs(architecture)) {
    const { kind, name } = spec;
    const layer = name.slice(0, name.lastIndexOf('.'));
    const filled = (value: number) => new Float32Array(parameterSize(spec)).fill(value);
    if (kind === 'scale') parameters.set(name, filled(1));
    else if (kind === 'running-mean') parameters.set(name, filled(0));
    else if (kind === 'running-variance') parameters.set(name, filled(1 - BATCH_NORM_EPSILON));
    else if (kind === 'bias') {
      parameters.set(name, constant(`${convolutionOf.get(layer) ?? layer}/bias`).slice());
    } else parameters.set(name, toPytorchLayout(constant(name), spec));
  }
  // The export folds the scaling of the colours into the first convolution; training has it before that.
  const stem = layers[0]!;
  const plane = stem.kernel ** 2;
  const kernel = parameters.get(`${stem.conv}.weight`)!;
  parameters.set(
    `${stem.conv}.weight`,
    kernel.map((w, i) => w * 255 * IMAGENET_STD[Math.floor(i / plane) % stem.inputs]!),
  );
  return parameters;
}

interface Moments {
  /** One a channel. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Mean and variance of what each normalization gives, by its convolution's name. */
async function outputMoments(
  parameters: Parameters,
  images: AsyncIterable<ImageBatch>,
  architecture: Architecture,
): Promise<Map<string, Moments>> {
  const sums = new Map<string, { sum: Float64Array; squares: Float64Array; count: number }>();
  const tensors = parameterTensors(parameters, architecture);
  const interpreter = new ObservingInterpreter(tensors, ({ conv, outputs }, output) => {
    const [sum, squares] = [output, tf.square(output)].map((x) => tf.sum(x, [0, 1, 2]).dataSync());
    const total = sums.get(conv) ?? {
      sum: new Float64Array(outputs),
      squares: new Float64Array(outputs),
      count: 0,
    };
    for (let i = 0; i < outputs; i++) {
      total.sum[i]! += sum![i]!;
      total.squares[i]! += squares![i]!;
    }
    total.count += output.size / outputs;
    sums.set(conv, total);
  });
  for await (const { values, count, size } of images) {
    tf.tidy(() => {
      const image = tf.tensor4d(values, [count, size, size, 3]);
      extractFeatures<tf.Tensor>(interpreter, image, architecture);
    });
  }
  tf.dispose([...tensors.values()]);
  if (sums.size === 0) throw new Error('there are no images to measure statistics on');
  return new Map(
    [...sums].map(([conv, { sum, squares, count }]) => {
      const mean = sum.map((value) => value / count);
      return [
        conv,
        { mean, variance: squares.map((s, i) => Math.max(0, s / count - mean[i]! ** 2)) },
      ];
    }),
  );
}

type OutputListener = (layer: ConvNormLayer, output: tf.Tensor) => void;

/** Tells of what each normalization gives, before the swish. */
class ObservingInterpreter extends TfjsInterpreter {
  private readonly onOutput: OutputListener;

  constructor(parameters: ReadonlyMap<string, tf.Tensor>, onOutput: OutputListener) {
    super(parameters);
    this.onOutput = onOutput;
  }

  override convNorm(x: tf.Tensor, layer: ConvNormLayer): tf.Tensor {
    const output = super.convNorm(x, { ...layer, swish: false });
    this.onOutput(layer, output);
    return layer.swish ? swished(output) : output;
  }
}

/** Euclidean norm of each filter. */
function filterNorms(kernel: Float32Array, filterSize: number): number[] {
  return Array.from({ length: kernel.length / filterSize }, (_, i) =>
    Math.hypot(...kernel.subarray(i * filterSize, (i + 1) * filterSize)),
  );
}
