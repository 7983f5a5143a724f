import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';

/**
 * TensorFlow's eager operations through tfjs-node's native binding, below tfjs's own tensors:
 * training frees each activation as the backward pass consumes it, which tfjs's tape does not.
 */

/** As in `training/setup/native-binding.mjs`. */
const NAPI_VERSION = 8;

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

interface OutputMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): OutputMetadata[];
}

type TfjsNode = typeof import('@tensorflow/tfjs-node');

/**
 * tfjs-node with its native backend.
 *
 * @throws Error when the binding was not built: says which command builds it.
 */
export function loadTfjsNode(): TfjsNode {
  // tfjs-node 4.22 calls what Node 23 took away.
  const nodeUtil = util as typeof util & { isNullOrUndefined?: (value: unknown) => boolean };
  nodeUtil.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // TensorFlow writes its banner to stderr; warnings and errors stay.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  try {
    return createRequire(import.meta.url)('@tensorflow/tfjs-node') as TfjsNode;
  } catch (cause) {
    throw new Error(
      `TensorFlow's native binding does not load (${String((cause as Error).message).split('\n')[0]}). Build it with: npm run setup:training`,
      { cause },
    );
  }
}

let loaded: Binding | undefined;

function binding(): Binding {
  loaded ??= (loadTfjsNode().backend() as unknown as { binding: Binding }).binding;
  return loaded;
}

/** Beside the binding: what `npm run setup:training` compiles of `training/native/fused_kernels.cc`. */
const FUSED_KERNELS = 'naevus_kernels.node';

/**
 * Registers our own operations with TensorFlow.
 *
 * @returns false where they were not compiled: training does without, in more time and memory
 */
export function loadFusedKernels(): boolean {
  binding();
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('@tensorflow/tfjs-node/package.json'));
  const file = join(folder, 'lib', `napi-v${NAPI_VERSION}`, FUSED_KERNELS);
  if (!existsSync(file)) return false;
  require(file);
  return true;
}

let live = 0;

/** Tensors that were made and not disposed: a test of leaks. */
export function liveTensors(): number {
  return live;
}

/** A tensor in TensorFlow's memory. Whoever makes one disposes it. */
export class Tensor {
  readonly shape: readonly number[];
  private readonly id: number;
  private disposed = false;

  constructor(id: number, shape: readonly number[]) {
    this.id = id;
    this.shape = shape;
    live++;
  }

  /** Handle for the binding. @throws Error when the tensor was disposed. */
  get handle(): number {
    if (this.disposed) throw new Error(`tensor [${this.shape}] was used after it was disposed`);
    return this.id;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    live--;
    binding().deleteTensor(this.id);
  }

  /** Copies the float32 values out. */
  read(): Float32Array {
    return binding().tensorDataSync(this.handle) as Float32Array;
  }
}

/** Copies float32 values in, row-major. */
export function tensor(values: Float32Array, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  if (values.length !== size) {
    throw new Error(`${values.length} values do not fill a tensor of shape [${shape}]`);
  }
  return new Tensor(binding().createTensor(shape, binding().TF_FLOAT, values), shape);
}

/** Copies int32 values in: shapes, axes and indices that operations take as tensors. */
export function intTensor(values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor(
    binding().createTensor(shape, binding().TF_INT32, Int32Array.from(values)),
    shape,
  );
}

export type AttributeValue =
  | { readonly int: number | readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly type: 'float32' | 'int32' };

/** Attributes in the binding's form, made once for operations that run thousands of times. */
export function attributes(values: Readonly<Record<string, AttributeValue>>): OpAttribute[] {
  const b = binding();
  return Object.entries(values).map(([name, value]) => {
    if ('int' in value) return { name, type: b.TF_ATTR_INT, value: value.int };
    if ('float' in value) return { name, type: b.TF_ATTR_FLOAT, value: value.float };
    if ('bool' in value) return { name, type: b.TF_ATTR_BOOL, value: value.bool };
    if ('string' in value) return { name, type: b.TF_ATTR_STRING, value: value.string };
    const type = value.type === 'float32' ? b.TF_FLOAT : b.TF_INT32;
    return { name, type: b.TF_ATTR_TYPE, value: type };
  });
}

/** Runs one TensorFlow operation; inputs stay the caller's. */
export function execute(
  name: string,
  opAttributes: readonly OpAttribute[],
  inputs: readonly Tensor[],
  outputs = 1,
): Tensor[] {
  return binding()
    .executeOp(
      name,
      opAttributes,
      inputs.map((input) => input.handle),
      outputs,
    )
    .map(({ id, shape }) => new Tensor(id, shape));
}
