import * as tf from '@tensorflow/tfjs-core';
import {
  type Architecture,
  BATCH_NORM_EPSILON,
  type ClassifierLayer,
  type ConvNormLayer,
  IMAGENET_MEAN,
  IMAGENET_STD,
  type NetworkOps,
  type SqueezeExciteLayer,
} from './architecture.ts';
import { checkParameters, type Parameters, parameterSpecs } from './parameters.ts';
import { tensorflowShape, toTensorflowLayout } from './tensor-layout.ts';

/**
 * The parameters as tfjs tensors in TensorFlow's layout, by timm's names. The caller disposes them.
 *
 * @throws Error when a parameter is missing, of the wrong size or not finite.
 */
export function parameterTensors(
  parameters: Parameters,
  architecture: Architecture,
): Map<string, tf.Tensor> {
  checkParameters(parameters, architecture);
  return new Map(
    parameterSpecs(architecture).map((spec) => [
      spec.name,
      tf.tensor(toTensorflowLayout(parameters.get(spec.name)!, spec), tensorflowShape(spec)),
    ]),
  );
}

/**
 * The network in plain tfjs operations, inference mode (batch norm by the running statistics), NHWC.
 * Every operation is differentiable on every backend: the reference that the training engine's gradients
 * and the exporters are held to. Slow, and frees nothing: call it in `tf.tidy`.
 */
export class TfjsInterpreter implements NetworkOps<tf.Tensor> {
  private readonly parameters: ReadonlyMap<string, tf.Tensor>;

  /** @param parameters by timm's names, in TensorFlow's layout: {@link parameterTensors}, or variables. */
  constructor(parameters: ReadonlyMap<string, tf.Tensor>) {
    this.parameters = parameters;
  }

  block(_name: string, input: tf.Tensor, body: (input: tf.Tensor) => tf.Tensor): tf.Tensor {
    return body(input);
  }

  normalizeImage(image: tf.Tensor): tf.Tensor {
    return tf.div(tf.sub(tf.div(image, 255), [...IMAGENET_MEAN]), [...IMAGENET_STD]);
  }

  convNorm(x: tf.Tensor, layer: ConvNormLayer): tf.Tensor {
    const { conv, norm, depthwise, stride, padding, swish } = layer;
    // tfjs-node's gradients take no explicit padding, and 'same' pads unevenly where the stride is 2.
    const explicit = stride > 1 && padding > 0;
    const side: [number, number] = [padding, padding];
    const input = (explicit ? tf.pad(x, [[0, 0], side, side, [0, 0]]) : x) as tf.Tensor4D;
    const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
    const convolved = convolve(
      input,
      this.parameter(`${conv}.weight`) as tf.Tensor4D,
      stride,
      explicit ? 'valid' : 'same',
    );
    const normalized = tf.batchNorm(
      convolved,
      this.parameter(`${norm}.running_mean`) as tf.Tensor1D,
      this.parameter(`${norm}.running_var`) as tf.Tensor1D,
      this.parameter(`${norm}.bias`) as tf.Tensor1D,
      this.parameter(`${norm}.weight`) as tf.Tensor1D,
      BATCH_NORM_EPSILON,
    );
    return swish ? swished(normalized) : normalized;
  }

  squeezeExcite(x: tf.Tensor, { name }: SqueezeExciteLayer): tf.Tensor {
    const squeezed = tf.mean(x, [1, 2], true);
    const reduced = swished(this.pointwise(squeezed, `${name}.conv_reduce`));
    return tf.mul(x, tf.sigmoid(this.pointwise(reduced, `${name}.conv_expand`)));
  }

  addShortcut(x: tf.Tensor, shortcut: tf.Tensor): tf.Tensor {
    return tf.add(x, shortcut);
  }

  globalAveragePool(x: tf.Tensor): tf.Tensor {
    return tf.mean(x, [1, 2]);
  }

  classifier(pooled: tf.Tensor, { name }: ClassifierLayer): tf.Tensor {
    const weight = this.parameter(`${name}.weight`);
    return tf.add(tf.matMul(pooled, weight), this.parameter(`${name}.bias`));
  }

  classActivationMaps(features: tf.Tensor, layer: ClassifierLayer): tf.Tensor {
    const { name, inputs, classes } = layer;
    const kernel = tf.reshape<tf.Rank.R4>(this.parameter(`${name}.weight`), [
      1,
      1,
      inputs,
      classes,
    ]);
    return tf.transpose(tf.conv2d(features as tf.Tensor4D, kernel, 1, 'same'), [0, 3, 1, 2]);
  }

  private pointwise(x: tf.Tensor, layer: string): tf.Tensor {
    const kernel = this.parameter(`${layer}.weight`) as tf.Tensor4D;
    const convolved = tf.conv2d(x as tf.Tensor4D, kernel, 1, 'same');
    return tf.add(convolved, this.parameter(`${layer}.bias`));
  }

  private parameter(name: string): tf.Tensor {
    const tensor = this.parameters.get(name);
    if (!tensor) throw new Error(`the network has no parameter ${name}`);
    return tensor;
  }
}

/** x · sigmoid(x) */
export function swished(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sigmoid(x));
}
