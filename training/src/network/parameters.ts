import type { Random } from '@naevus/shared/statistics/random';
import {
  type Architecture,
  type ClassifierLayer,
  type ConvNormLayer,
  classify,
  extractFeatures,
  type NetworkOps,
  type SqueezeExciteLayer,
} from './architecture.ts';

/** What a parameter is: decides its layout in TensorFlow, its start value and whether weight decay applies. */
export type ParameterKind =
  | 'convolution'
  | 'depthwise'
  | 'scale'
  | 'bias'
  | 'running-mean'
  | 'running-variance'
  | 'dense';

export interface ParameterSpec {
  /** timm's name. */
  readonly name: string;
  readonly kind: ParameterKind;
  /** PyTorch's layout: convolution [out, in, y, x], depthwise [channel, 1, y, x], dense [out, in]. */
  readonly shape: readonly number[];
  /** 'stem', 'blocks.S.I', 'head' or 'classifier'. */
  readonly block: string;
  /** Whether it is a batch norm's. */
  readonly normalization: boolean;
}

/** Float32 values by name, in PyTorch's layout: what safetensors files, checkpoints and exporters hold. */
export type Parameters = Map<string, Float32Array>;

export function parameterSize({ shape }: ParameterSpec): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Every parameter of the network in the order it is met, found by walking the architecture itself. */
export function parameterSpecs(architecture: Architecture): ParameterSpec[] {
  return record(architecture).specs;
}

/** Every convolution with its batch normalization in the order they are met. */
export function convNormLayers(architecture: Architecture): ConvNormLayer[] {
  return record(architecture).layers;
}

function record(architecture: Architecture): ParameterRecorder {
  const recorder = new ParameterRecorder();
  extractFeatures(recorder, null, architecture);
  recorder.block('classifier', null, () => classify(recorder, null, architecture));
  return recorder;
}

class ParameterRecorder implements NetworkOps<null> {
  readonly specs: ParameterSpec[] = [];
  readonly layers: ConvNormLayer[] = [];
  private currentBlock = '';

  block(name: string, input: null, body: (input: null) => null): null {
    this.currentBlock = name;
    return body(input);
  }

  normalizeImage(): null {
    return null;
  }

  convNorm(_x: null, layer: ConvNormLayer): null {
    const { conv, norm, depthwise, kernel, inputs, outputs } = layer;
    this.layers.push(layer);
    this.add(`${conv}.weight`, depthwise ? 'depthwise' : 'convolution', [
      outputs,
      depthwise ? 1 : inputs,
      kernel,
      kernel,
    ]);
    this.add(`${norm}.weight`, 'scale', [outputs], true);
    this.add(`${norm}.bias`, 'bias', [outputs], true);
    this.add(`${norm}.running_mean`, 'running-mean', [outputs], true);
    this.add(`${norm}.running_var`, 'running-variance', [outputs], true);
    return null;
  }

  squeezeExcite(_x: null, { name, channels, reduced }: SqueezeExciteLayer): null {
    this.add(`${name}.conv_reduce.weight`, 'convolution', [reduced, channels, 1, 1]);
    this.add(`${name}.conv_reduce.bias`, 'bias', [reduced]);
    this.add(`${name}.conv_expand.weight`, 'convolution', [channels, reduced, 1, 1]);
    this.add(`${name}.conv_expand.bias`, 'bias', [channels]);
    return null;
  }

  addShortcut(): null {
    return null;
  }

  globalAveragePool(): null {
    return null;
  }

  classifier(_pooled: null, { name, inputs, classes }: ClassifierLayer): null {
    this.add(`${name}.weight`, 'dense', [classes, inputs]);
    this.add(`${name}.bias`, 'bias', [classes]);
    return null;
  }

  classActivationMaps(): null {
    return null;
  }

  private add(
    name: string,
    kind: ParameterKind,
    shape: readonly number[],
    normalization = false,
  ): void {
    this.specs.push({ name, kind, shape, block: this.currentBlock, normalization });
  }
}

/** A zero classifier: every class equally likely until it is trained. */
export function withNewClassifier(parameters: Parameters, architecture: Architecture): Parameters {
  const result = new Map(parameters);
  for (const spec of parameterSpecs(architecture)) {
    if (spec.block === 'classifier') result.set(spec.name, new Float32Array(parameterSize(spec)));
  }
  return result;
}

/**
 * Random start values: He-normal by fan-out for convolutions (He et al. 2015), PyTorch's defaults for
 * batch norm. For tests and for training from scratch.
 */
export function randomParameters(architecture: Architecture, random: Random): Parameters {
  const parameters: Parameters = new Map();
  for (const spec of parameterSpecs(architecture)) {
    const values = new Float32Array(parameterSize(spec));
    if (spec.kind === 'scale' || spec.kind === 'running-variance') values.fill(1);
    else if (spec.kind === 'convolution' || spec.kind === 'depthwise' || spec.kind === 'dense') {
      const [out = 1, , y = 1, x = 1] = spec.shape;
      const fanOut = (spec.kind === 'depthwise' ? 1 : out) * y * x;
      const deviation = Math.sqrt(2 / fanOut);
      for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
    }
    parameters.set(spec.name, values);
  }
  return parameters;
}

/**
 * Checks that every parameter of the architecture is there and of its size.
 *
 * @throws Error that names what is missing, of the wrong size, or holds a value that is not finite.
 */
export function checkParameters(parameters: Parameters, architecture: Architecture): void {
  for (const spec of parameterSpecs(architecture)) {
    const values = parameters.get(spec.name);
    if (!values) throw new Error(`the weights lack ${spec.name} [${spec.shape}]`);
    if (values.length !== parameterSize(spec)) {
      throw new Error(
        `${spec.name} has ${values.length} values where [${spec.shape}] needs ${parameterSize(spec)}`,
      );
    }
    if (!values.every(Number.isFinite)) {
      throw new Error(`${spec.name} holds a value that is not finite`);
    }
  }
}
