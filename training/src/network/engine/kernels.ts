import { type AttributeValue, attributes, execute, intTensor, type Tensor } from './tensorflow.ts';

/**
 * The TensorFlow operations that training is made of, float32, channels last ([N, y, x, C]).
 * Every function returns new tensors; none disposes its inputs.
 */

const FLOAT = { type: 'float32' } as const;
type Attributes = ReturnType<typeof attributes>;

const attributeCache = new Map<string, Attributes>();

/** Attributes in the binding's form, made once for a key. */
export function cached(key: string, values: () => Record<string, AttributeValue>): Attributes {
  let found = attributeCache.get(key);
  if (!found) {
    found = attributes(values());
    attributeCache.set(key, found);
  }
  return found;
}

const shapeCache = new Map<string, Tensor>();

/** A shape or list of axes as the int32 vector that operations take; made once, kept for the process. */
export function vector(values: readonly number[]): Tensor {
  const key = values.join();
  let found = shapeCache.get(key);
  if (!found) {
    found = intTensor(values, [values.length]);
    shapeCache.set(key, found);
  }
  return found;
}

/** Tensors that {@link vector} keeps: not leaks. */
export function cachedTensors(): number {
  return shapeCache.size;
}

function first(outputs: readonly Tensor[]): Tensor {
  const [output] = outputs;
  if (!output) throw new Error('the operation gave no output');
  return output;
}

const elementwise = () => cached('T', () => ({ T: FLOAT }));

export const add = (a: Tensor, b: Tensor) => first(execute('AddV2', elementwise(), [a, b]));
export const subtract = (a: Tensor, b: Tensor) => first(execute('Sub', elementwise(), [a, b]));
export const multiply = (a: Tensor, b: Tensor) => first(execute('Mul', elementwise(), [a, b]));
export const sigmoid = (x: Tensor) => first(execute('Sigmoid', elementwise(), [x]));
/** dy · y · (1 − y) where y is the sigmoid's output. */
export const sigmoidGradient = (y: Tensor, dy: Tensor) =>
  first(execute('SigmoidGrad', elementwise(), [y, dy]));

export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const opAttributes = cached('reshape', () => ({ T: FLOAT, Tshape: { type: 'int32' } }));
  return first(execute('Reshape', opAttributes, [x, vector(shape)]));
}

function reduce(operation: 'Mean' | 'Sum', x: Tensor, axes: readonly number[]): Tensor {
  const opAttributes = cached('reduce', () => ({
    T: FLOAT,
    Tidx: { type: 'int32' },
    keep_dims: { bool: false },
  }));
  return first(execute(operation, opAttributes, [x, vector(axes)]));
}

/** [N, y, x, C] to [N, C]. */
export const spatialMean = (x: Tensor) => reduce('Mean', x, [1, 2]);
/** [N, y, x, C] to [N, C]. */
export const spatialSum = (x: Tensor) => reduce('Sum', x, [1, 2]);

export function matMul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  const opAttributes = cached(`matmul ${transposeA} ${transposeB}`, () => ({
    T: FLOAT,
    transpose_a: { bool: transposeA },
    transpose_b: { bool: transposeB },
  }));
  return first(execute('MatMul', opAttributes, [a, b]));
}

const biasAttributes = () => cached('bias', () => ({ T: FLOAT, data_format: { string: 'NHWC' } }));

export const biasAdd = (x: Tensor, bias: Tensor) =>
  first(execute('BiasAdd', biasAttributes(), [x, bias]));
/** Sum over every axis but the last. */
export const biasAddGradient = (dy: Tensor) =>
  first(execute('BiasAddGrad', biasAttributes(), [dy]));

export interface ConvolutionGeometry {
  readonly stride: number;
  /** Zeros on each of the four sides. */
  readonly padding: number;
  readonly depthwise: boolean;
}

function convolutionAttributes({ stride, padding, depthwise }: ConvolutionGeometry): Attributes {
  return cached(`convolution ${stride} ${padding} ${depthwise}`, () => ({
    T: FLOAT,
    strides: { int: [1, stride, stride, 1] },
    padding: { string: padding ? 'EXPLICIT' : 'VALID' },
    explicit_paddings: { int: padding ? [0, 0, padding, padding, padding, padding, 0, 0] : [] },
    data_format: { string: 'NHWC' },
    dilations: { int: [1, 1, 1, 1] },
  }));
}

/** Kernel [y, x, in, out], or [y, x, channel, 1] where it is depthwise. */
export function convolution(x: Tensor, kernel: Tensor, geometry: ConvolutionGeometry): Tensor {
  const operation = geometry.depthwise ? 'DepthwiseConv2dNative' : 'Conv2D';
  return first(execute(operation, convolutionAttributes(geometry), [x, kernel]));
}

/** A kernel of one pixel at stride 1 is a matrix, and its gradients are products, which take less time so. */
function isMatrix(kernelShape: readonly number[], geometry: ConvolutionGeometry): boolean {
  const [height, width] = kernelShape;
  const { stride, padding, depthwise } = geometry;
  return height === 1 && width === 1 && stride === 1 && padding === 0 && !depthwise;
}

/** All but the last axis as one. */
function rows(x: Tensor): Tensor {
  const channels = x.shape.at(-1)!;
  return reshape(x, [x.shape.reduce((a, b) => a * b, 1) / channels, channels]);
}

/** The product of two matrices, as the given shape; takes both over. */
function product(
  a: Tensor,
  b: Tensor,
  transposed: { readonly a: boolean; readonly b: boolean },
  shape: readonly number[],
): Tensor {
  const matrix = matMul(a, b, transposed.a, transposed.b);
  const shaped = reshape(matrix, shape);
  for (const each of [a, b, matrix]) each.dispose();
  return shaped;
}

export function convolutionInputGradient(
  inputShape: readonly number[],
  kernel: Tensor,
  dy: Tensor,
  geometry: ConvolutionGeometry,
): Tensor {
  if (isMatrix(kernel.shape, geometry)) {
    return product(rows(dy), rows(kernel), { a: false, b: true }, inputShape);
  }
  const operation = geometry.depthwise
    ? 'DepthwiseConv2dNativeBackpropInput'
    : 'Conv2DBackpropInput';
  const inputs = [vector(inputShape), kernel, dy];
  return first(execute(operation, convolutionAttributes(geometry), inputs));
}

export function convolutionKernelGradient(
  x: Tensor,
  kernelShape: readonly number[],
  dy: Tensor,
  geometry: ConvolutionGeometry,
): Tensor {
  if (isMatrix(kernelShape, geometry)) {
    return product(rows(x), rows(dy), { a: true, b: false }, kernelShape);
  }
  const operation = geometry.depthwise
    ? 'DepthwiseConv2dNativeBackpropFilter'
    : 'Conv2DBackpropFilter';
  const inputs = [x, vector(kernelShape), dy];
  return first(execute(operation, convolutionAttributes(geometry), inputs));
}

export interface BatchNormOutput {
  readonly y: Tensor;
  /** Statistics of the batch: mean, and variance with Bessel's correction. */
  readonly mean: Tensor;
  readonly variance: Tensor;
  /** What the gradient needs of them. */
  readonly saved: readonly [Tensor, Tensor, Tensor];
}

function batchNormAttributes(epsilon: number, training: boolean, gradient: boolean): Attributes {
  return cached(`batch norm ${epsilon} ${training} ${gradient}`, () => ({
    T: FLOAT,
    U: FLOAT,
    epsilon: { float: epsilon },
    data_format: { string: 'NHWC' },
    is_training: { bool: training },
    ...(gradient ? {} : { exponential_avg_factor: { float: 1 } }),
  }));
}

/** Batch normalization with the batch's own statistics (Ioffe, Szegedy 2015). */
export function batchNormTraining(
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  epsilon: number,
  empty: Tensor,
): BatchNormOutput {
  const outputs = execute(
    'FusedBatchNormV3',
    batchNormAttributes(epsilon, true, false),
    [x, scale, offset, empty, empty],
    6,
  );
  const [y, mean, variance, a, b, c] = outputs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  return { y, mean, variance, saved: [a, b, c] };
}

/** Batch normalization with given statistics. */
export function batchNormInference(
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon: number,
): Tensor {
  const [y, ...rest] = execute(
    'FusedBatchNormV3',
    batchNormAttributes(epsilon, false, false),
    [x, scale, offset, mean, variance],
    6,
  );
  for (const output of rest) output.dispose();
  return first(y ? [y] : []);
}

/**
 * Gradients with regard to input, scale and offset.
 *
 * @param statistics what the forward pass saved, or [mean, variance, mean] of frozen statistics.
 */
export function batchNormGradient(
  dy: Tensor,
  x: Tensor,
  scale: Tensor,
  statistics: readonly [Tensor, Tensor, Tensor],
  epsilon: number,
  training: boolean,
): { dx: Tensor; dScale: Tensor; dOffset: Tensor } {
  const outputs = execute(
    'FusedBatchNormGradV3',
    batchNormAttributes(epsilon, training, true),
    [dy, x, scale, ...statistics],
    5,
  );
  const [dx, dScale, dOffset, ...rest] = outputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  for (const output of rest) output.dispose();
  return { dx, dScale, dOffset };
}
