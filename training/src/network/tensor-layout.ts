import type { ParameterSpec } from './parameters.ts';

/** What of a parameter decides its layout. */
type Layout = Pick<ParameterSpec, 'kind' | 'shape'>;

/** Axes of PyTorch's layout in the order TensorFlow has them. */
const AXES: Partial<Record<ParameterSpec['kind'], readonly number[]>> = {
  convolution: [2, 3, 1, 0],
  depthwise: [2, 3, 0, 1],
  dense: [1, 0],
};

/**
 * Shape in TensorFlow's layout: convolution [y, x, in, out], depthwise [y, x, channel, 1],
 * dense [in, out]; vectors stay.
 */
export function tensorflowShape({ kind, shape }: Layout): number[] {
  const axes = AXES[kind];
  return axes ? axes.map((axis) => shape[axis] ?? 1) : [...shape];
}

/** PyTorch's layout to TensorFlow's; a copy. */
export function toTensorflowLayout(values: Float32Array, spec: Layout): Float32Array {
  const axes = AXES[spec.kind];
  return axes ? permute(values, spec.shape, axes) : values.slice();
}

/** TensorFlow's layout to PyTorch's; a copy. */
export function toPytorchLayout(values: Float32Array, spec: Layout): Float32Array {
  const axes = AXES[spec.kind];
  if (!axes) return values.slice();
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  return permute(values, tensorflowShape(spec), inverse);
}

/** Moves axes: axis i of the result is axis `axes[i]` of the values. */
function permute(
  values: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const result = new Float32Array(values.length);
  let written = 0;
  const copy = (depth: number, offset: number): void => {
    const axis = axes[depth]!;
    const [stride, side] = [strides[axis]!, shape[axis]!];
    if (depth < axes.length - 1) {
      for (let i = 0; i < side; i++) copy(depth + 1, offset + i * stride);
      return;
    }
    for (let i = 0; i < side; i++) result[written++] = values[offset + i * stride]!;
  };
  copy(0, 0);
  return result;
}
