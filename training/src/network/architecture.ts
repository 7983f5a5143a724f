import { classCount } from '../taxonomy/current.ts';

/**
 * EfficientNet (Tan, Le 2019, arXiv:1905.11946, table 1) as a table of stages and one function over
 * the operations in {@link NetworkOps}. Training and every exporter interpret this one description.
 * Names are timm's, so that its weights load without a translation table.
 */

export interface Stage {
  /** Times the block stands in the stage; only the first one has the stride. */
  readonly repeats: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  /** Widening of the block's input before the depthwise convolution; 1 leaves that convolution out. */
  readonly expansion: number;
  readonly channels: number;
}

export interface Architecture {
  readonly name: string;
  readonly inputSize: number;
  readonly stemChannels: number;
  readonly stages: readonly Stage[];
  readonly headChannels: number;
  readonly classes: number;
}

const stage = (
  repeats: number,
  kernel: 3 | 5,
  stride: 1 | 2,
  expansion: number,
  channels: number,
): Stage => ({ repeats, kernel, stride, expansion, channels });

/** EfficientNet-B0 with so many classes; by default as many as the process works on. */
export function efficientNetB0(classes: number = classCount()): Architecture {
  return {
    name: 'efficientnet-b0',
    inputSize: 224,
    stemChannels: 32,
    stages: [
      stage(1, 3, 1, 1, 16),
      stage(2, 3, 2, 6, 24),
      stage(2, 5, 2, 6, 40),
      stage(3, 3, 2, 6, 80),
      stage(3, 5, 1, 6, 112),
      stage(4, 5, 2, 6, 192),
      stage(1, 3, 1, 6, 320),
    ],
    headChannels: 1280,
    classes,
  };
}

/** PyTorch's batch-norm epsilon, which the pretrained weights were trained with. */
export const BATCH_NORM_EPSILON = 1e-5;

/** Mean and standard deviation of ImageNet's RGB channels in [0, 1]: the scaling the backbone was trained with. */
export const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
export const IMAGENET_STD = [0.229, 0.224, 0.225] as const;

/** A convolution without bias, its batch normalization and, where there is one, the swish behind it. */
export interface ConvNormLayer {
  /** Prefix of the kernel's name: `<conv>.weight`. */
  readonly conv: string;
  /** Prefix of the normalization's names: `<norm>.weight|bias|running_mean|running_var`. */
  readonly norm: string;
  readonly depthwise: boolean;
  readonly kernel: number;
  readonly stride: 1 | 2;
  /** Zeros on each of the four sides: kernel / 2 rounded down, as PyTorch pads. */
  readonly padding: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly swish: boolean;
}

/** x · sigmoid(expand(swish(reduce(mean over y, x of x)))), both with a bias (Hu et al. 2018). */
export interface SqueezeExciteLayer {
  /** Prefix of `conv_reduce` and `conv_expand`. */
  readonly name: string;
  readonly channels: number;
  readonly reduced: number;
}

export interface ClassifierLayer {
  /** Prefix of `weight` [classes, inputs] and `bias` [classes]. */
  readonly name: string;
  readonly inputs: number;
  readonly classes: number;
}

/** What an interpreter of the network supplies; `T` is its kind of tensor, batch first. */
export interface NetworkOps<T> {
  /**
   * A named stretch of the network ('stem', 'blocks.S.I', 'head'): `input` and all that `body` makes, but
   * for what it returns, are dead behind it. Where an interpreter frees, freezes or recomputes, it does so
   * by block.
   */
  block(name: string, input: T, body: (input: T) => T): T;
  /** RGB 0 to 255 to the backbone's scale: (x / 255 - mean) / std a channel. */
  normalizeImage(image: T): T;
  convNorm(x: T, layer: ConvNormLayer): T;
  squeezeExcite(x: T, layer: SqueezeExciteLayer): T;
  /** Residual sum. `block` names the block that ends here, `depth` in (0, 1] is its relative position. */
  addShortcut(x: T, shortcut: T, block: string, depth: number): T;
  /** Mean over y and x: [N, C]. */
  globalAveragePool(x: T): T;
  /** [N, inputs] to logits [N, classes]. */
  classifier(pooled: T, layer: ClassifierLayer): T;
  /**
   * The classifier's weights as a 1×1 convolution of the last features, no bias and no ReLU: [N, class, y, x].
   * With global average pooling before one dense layer these are Grad-CAM's maps
   * times y·x (Selvaraju et al. 2017, section 3.1).
   */
  classActivationMaps(features: T, layer: ClassifierLayer): T;
}

/** Image [N, 224, 224, 3] to the last features [N, 7, 7, headChannels]. */
export function extractFeatures<T>(ops: NetworkOps<T>, image: T, architecture: Architecture): T {
  const { stages, stemChannels, headChannels } = architecture;
  let x = ops.block('stem', image, (input) =>
    ops.convNorm(ops.normalizeImage(input), {
      ...convolution('conv_stem', 'bn1', 3, 2, 3, stemChannels),
      swish: true,
    }),
  );
  let channels = stemChannels;
  const blockCount = stages.reduce((sum, { repeats }) => sum + repeats, 0);
  let blockIndex = 0;
  for (const [stageIndex, { repeats, ...rest }] of stages.entries()) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      blockIndex++;
      const block = `blocks.${stageIndex}.${repeat}`;
      const stride = repeat === 0 ? rest.stride : 1;
      const inputs = channels;
      const depth = blockIndex / blockCount;
      x = ops.block(block, x, (input) =>
        mbConv(ops, input, block, inputs, { ...rest, stride }, depth),
      );
      channels = rest.channels;
    }
  }
  return ops.block('head', x, (input) =>
    ops.convNorm(input, {
      ...convolution('conv_head', 'bn2', 1, 1, channels, headChannels),
      swish: true,
    }),
  );
}

/** Pooled features [N, headChannels] to logits [N, classes]. */
export function classify<T>(ops: NetworkOps<T>, pooled: T, architecture: Architecture): T {
  return ops.classifier(pooled, classifierLayer(architecture));
}

export function classifierLayer(architecture: Architecture): ClassifierLayer {
  return {
    name: 'classifier',
    inputs: architecture.headChannels,
    classes: architecture.classes,
  };
}

/** Mobile inverted bottleneck (Sandler et al. 2018) with squeeze-and-excite; expansion 1 is timm's depthwise-separable block. */
function mbConv<T>(
  ops: NetworkOps<T>,
  input: T,
  block: string,
  inputs: number,
  stage: Omit<Stage, 'repeats'>,
  depth: number,
): T {
  const { kernel, stride, expansion, channels } = stage;
  const expanded = inputs * expansion;
  const separable = expansion === 1;
  let x = input;
  if (!separable) {
    x = ops.convNorm(x, {
      ...convolution(`${block}.conv_pw`, `${block}.bn1`, 1, 1, inputs, expanded),
      swish: true,
    });
  }
  x = ops.convNorm(x, {
    ...convolution(
      `${block}.conv_dw`,
      `${block}.bn${separable ? 1 : 2}`,
      kernel,
      stride,
      expanded,
      expanded,
    ),
    depthwise: true,
    swish: true,
  });
  // The squeeze is sized on the block's input, not on its widened channels.
  x = ops.squeezeExcite(x, {
    name: `${block}.se`,
    channels: expanded,
    reduced: Math.max(1, Math.floor(inputs / 4)),
  });
  x = ops.convNorm(x, {
    ...convolution(
      `${block}.${separable ? 'conv_pw' : 'conv_pwl'}`,
      `${block}.bn${separable ? 2 : 3}`,
      1,
      1,
      expanded,
      channels,
    ),
    swish: false,
  });
  return stride === 1 && inputs === channels ? ops.addShortcut(x, input, block, depth) : x;
}

function convolution(
  conv: string,
  norm: string,
  kernel: number,
  stride: 1 | 2,
  inputs: number,
  outputs: number,
): Omit<ConvNormLayer, 'swish'> {
  const padding = Math.floor(kernel / 2);
  return { conv, norm, depthwise: false, kernel, stride, padding, inputs, outputs };
}
