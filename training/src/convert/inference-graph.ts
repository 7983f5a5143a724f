import {
  type Architecture,
  BATCH_NORM_EPSILON,
  type ClassifierLayer,
  type ConvNormLayer,
  classifierLayer,
  classify,
  extractFeatures,
  IMAGENET_MEAN,
  IMAGENET_STD,
  type NetworkOps,
  type SqueezeExciteLayer,
} from '../network/architecture.ts';
import { checkParameters, type Parameters } from '../network/parameters.ts';

/** A convolution as it is served: whatever scales or normalizes beside it is already in its weights. */
export interface FoldedConvolution {
  /** Unique in the graph, but for the maps, which share the classifier's kernel. */
  readonly name: string;
  /** Name under which the kernel is kept: convolutions that share one name it alike. */
  readonly kernelName: string;
  /** PyTorch's layout: [outputs, inputs, size, size], depthwise [outputs, 1, size, size]. */
  readonly kernel: Float32Array;
  /** [outputs] */
  readonly bias?: Float32Array;
  readonly depthwise: boolean;
  readonly size: number;
  readonly stride: 1 | 2;
  /** Zeros on each of the four sides. */
  readonly padding: number;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * What the writer of a format supplies; `T` is a value in its graph. Layout is the writer's own, the batch
 * comes first and may have any size.
 */
export interface InferenceOps<T> {
  /** x minus one value a channel. */
  subtract(x: T, name: string, values: Float32Array): T;
  convolution(x: T, layer: FoldedConvolution): T;
  /** x · sigmoid(x) */
  swish(x: T, name: string): T;
  sigmoid(x: T, name: string): T;
  /** Elementwise; y may have a y and x side of 1. */
  multiply(x: T, y: T, name: string): T;
  add(x: T, y: T, name: string): T;
  /** Mean over y and x, which remain as sides of 1. */
  spatialMean(x: T, name: string): T;
  /** Declares an output [N, channel] from a value whose y and x sides are 1. */
  vectorOutput(x: T, name: string): void;
  /** Declares an output [N, channel, y, x]. */
  mapOutput(x: T, name: string): void;
}

/** Names of the exported graphs' ends, the same in every format. */
export const GRAPH_INPUT = 'image';
export const GRAPH_OUTPUTS = { logits: 'logits', cam: 'cam', features: 'features' } as const;

/**
 * Writes the network for inference: one input, RGB 0 to 255, and the outputs `logits` [N, class],
 * `cam` [N, class, y, x] and `features` [N, channel], the pooled features that the classifier sees.
 *
 * @param image the graph's input
 * @throws Error when a parameter is missing, of the wrong size or not finite.
 */
export function writeInferenceGraph<T>(
  ops: InferenceOps<T>,
  image: T,
  parameters: Parameters,
  architecture: Architecture,
): void {
  checkParameters(parameters, architecture);
  const network = new FoldingInterpreter(ops, parameters);
  const features = extractFeatures(network, { node: image }, architecture);
  const pooled = network.globalAveragePool(features);
  const logits = classify(network, pooled, architecture);
  const cam = network.classActivationMaps(features, classifierLayer(architecture));
  ops.vectorOutput(logits.node, GRAPH_OUTPUTS.logits);
  ops.mapOutput(cam.node, GRAPH_OUTPUTS.cam);
  ops.vectorOutput(pooled.node, GRAPH_OUTPUTS.features);
}

/** A value of the graph which, where it has a scale a channel, the next convolution still has to apply. */
interface Scaled<T> {
  readonly node: T;
  readonly scale?: Float64Array;
}

/** Reduces the network's operations to those of a served graph, folding all that is linear into the convolutions. */
class FoldingInterpreter<T> implements NetworkOps<Scaled<T>> {
  private readonly ops: InferenceOps<T>;
  private readonly parameters: Parameters;

  constructor(ops: InferenceOps<T>, parameters: Parameters) {
    this.ops = ops;
    this.parameters = parameters;
  }

  block(_name: string, input: Scaled<T>, body: (input: Scaled<T>) => Scaled<T>): Scaled<T> {
    return body(input);
  }

  normalizeImage({ node }: Scaled<T>): Scaled<T> {
    // The mean cannot go into the stem's bias: its zero padding stands for the mean colour, not for black.
    const mean = Float32Array.from(IMAGENET_MEAN, (value) => 255 * value);
    return {
      node: this.ops.subtract(node, 'normalize', mean),
      scale: Float64Array.from(IMAGENET_STD, (value) => 1 / (255 * value)),
    };
  }

  convNorm({ node, scale }: Scaled<T>, layer: ConvNormLayer): Scaled<T> {
    const { conv, norm, depthwise, kernel: size, stride, padding, inputs, outputs, swish } = layer;
    const convolved = this.ops.convolution(node, {
      name: conv,
      kernelName: `${conv}.weight`,
      ...this.foldBatchNorm(layer, scaledInputs(this.parameter(`${conv}.weight`), layer, scale)),
      depthwise,
      size,
      stride,
      padding,
      inputs,
      outputs,
    });
    return { node: swish ? this.ops.swish(convolved, `${norm}.swish`) : convolved };
  }

  squeezeExcite(x: Scaled<T>, { name, channels, reduced }: SqueezeExciteLayer): Scaled<T> {
    const node = unscaled(x);
    const squeezed = this.ops.spatialMean(node, `${name}.mean`);
    const narrow = this.pointwise(squeezed, `${name}.conv_reduce`, channels, reduced);
    const active = this.ops.swish(narrow, `${name}.swish`);
    const wide = this.pointwise(active, `${name}.conv_expand`, reduced, channels);
    const gate = this.ops.sigmoid(wide, `${name}.gate`);
    return { node: this.ops.multiply(node, gate, `${name}.excite`) };
  }

  addShortcut(x: Scaled<T>, shortcut: Scaled<T>, block: string): Scaled<T> {
    return { node: this.ops.add(unscaled(x), unscaled(shortcut), `${block}.shortcut`) };
  }

  globalAveragePool(x: Scaled<T>): Scaled<T> {
    return { node: this.ops.spatialMean(unscaled(x), 'pool') };
  }

  classifier(pooled: Scaled<T>, { name, inputs, classes }: ClassifierLayer): Scaled<T> {
    return { node: this.pointwise(unscaled(pooled), name, inputs, classes) };
  }

  classActivationMaps(features: Scaled<T>, layer: ClassifierLayer): Scaled<T> {
    const { name, inputs, classes } = layer;
    return { node: this.pointwise(unscaled(features), name, inputs, classes, 'maps') };
  }

  /** A 1×1 convolution; with `biasless` it goes by that name and leaves the bias out. */
  private pointwise(x: T, layer: string, inputs: number, outputs: number, biasless?: string): T {
    const kernelName = `${layer}.weight`;
    return this.ops.convolution(x, {
      name: biasless ?? layer,
      kernelName,
      kernel: this.parameter(kernelName),
      ...(biasless === undefined ? { bias: this.parameter(`${layer}.bias`) } : {}),
      depthwise: false,
      size: 1,
      stride: 1,
      padding: 0,
      inputs,
      outputs,
    });
  }

  /** γ (W x - μ) / √(σ² + ε) + β as one kernel and one bias (Ioffe, Szegedy 2015, section 3.1). */
  private foldBatchNorm({ norm, outputs }: ConvNormLayer, kernel: Float64Array) {
    const gamma = this.parameter(`${norm}.weight`);
    const beta = this.parameter(`${norm}.bias`);
    const mean = this.parameter(`${norm}.running_mean`);
    const variance = this.parameter(`${norm}.running_var`);
    const scales = Float64Array.from(
      gamma,
      (g, i) => g / Math.sqrt(variance[i]! + BATCH_NORM_EPSILON),
    );
    const filterSize = kernel.length / outputs;
    return {
      // Mapped before it is rounded: `Float32Array.from` with a function takes ten times as long.
      kernel: new Float32Array(
        kernel.map((value, i) => value * scales[Math.floor(i / filterSize)]!),
      ),
      bias: Float32Array.from(beta, (b, i) => b - mean[i]! * scales[i]!),
    };
  }

  private parameter(name: string): Float32Array {
    return this.parameters.get(name)!;
  }
}

/** The kernel for inputs that are still to be multiplied by a scale a channel. */
function scaledInputs(
  kernel: Float32Array,
  { depthwise, inputs, kernel: size }: ConvNormLayer,
  scale: Float64Array | undefined,
): Float64Array {
  const values = new Float64Array(kernel);
  if (!scale) return values;
  if (depthwise) throw new Error('a scale of the input is not folded into a depthwise convolution');
  return values.map((value, i) => value * scale[Math.floor(i / (size * size)) % inputs]!);
}

function unscaled<T>({ node, scale }: Scaled<T>): T {
  if (scale) throw new Error('only a convolution can take an input whose scale is not yet applied');
  return node;
}
