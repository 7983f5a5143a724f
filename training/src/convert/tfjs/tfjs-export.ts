import type { Architecture } from '../../network/architecture.ts';
import type { Parameters } from '../../network/parameters.ts';
import { toTensorflowLayout } from '../../network/tensor-layout.ts';
import { storedAsFloat16, toFloat16Bits, type WeightPrecision } from '../float16.ts';
import {
  type FoldedConvolution,
  GRAPH_INPUT,
  type InferenceOps,
  writeInferenceGraph,
} from '../inference-graph.ts';
import { littleEndianBytes } from '../little-endian.ts';

/** The size tfjs's own converter cuts shards at: browsers cache files up to this one. */
const SHARD_BYTES = 4 * 1024 * 1024;

/** File name, without a folder, to its bytes. */
export type TfjsFiles = Map<string, Uint8Array>;

/**
 * The network as a tfjs graph model: `model.json` and the weight shards beside it. Input `image`
 * [N, inputSize, inputSize, 3] float32, RGB 0 to 255; outputs `logits` [N, class], `cam` [N, class, y, x] and
 * `features` [N, channel]. The same parameters give the same bytes.
 *
 * @throws Error when a parameter is missing, of the wrong size or not finite.
 */
export function exportTfjs(
  parameters: Parameters,
  architecture: Architecture,
  precision: WeightPrecision,
): TfjsFiles {
  const { inputSize } = architecture;
  const writer = new GraphModelWriter(precision);
  const image = writer.placeholder(GRAPH_INPUT, [inputSize, inputSize, 3]);
  writeInferenceGraph(writer, image, parameters, architecture);
  const shards = cutIntoShards(writer.weightBytes);
  const names = shards.map((_, i) => `weights-${i + 1}of${shards.length}.bin`);
  const model = {
    format: 'graph-model',
    generatedBy: 'naevus',
    convertedBy: 'naevus',
    signature: writer.signature,
    modelTopology: {
      node: writer.nodes,
      library: {},
      versions: { producer: 1882, minConsumer: 12 },
    },
    weightsManifest: [{ paths: names, weights: writer.weightSpecs }],
  };
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(model))],
    ...shards.map((shard, i) => [names[i]!, shard] as const),
  ]);
}

interface GraphValue {
  readonly name: string;
  /** Without the batch: [y, x, channel]. */
  readonly shape: readonly [number, number, number];
}

/** A GraphDef node in protobuf's JSON form: 64-bit integers are strings, bytes base64. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly quantization?: { readonly dtype: 'float16'; readonly original_dtype: 'float32' };
}

interface TensorInfo {
  readonly name: string;
  readonly dtype: 'DT_FLOAT';
  readonly tensorShape: { readonly dim: readonly { readonly size: string }[] };
}

class GraphModelWriter implements InferenceOps<GraphValue> {
  readonly nodes: GraphNode[] = [];
  readonly weightSpecs: WeightSpec[] = [];
  readonly weightBytes: Uint8Array[] = [];
  readonly signature = {
    inputs: {} as Record<string, TensorInfo>,
    outputs: {} as Record<string, TensorInfo>,
  };
  private readonly precision: WeightPrecision;
  private readonly constants = new Set<string>();

  constructor(precision: WeightPrecision) {
    this.precision = precision;
  }

  placeholder(name: string, shape: GraphValue['shape']): GraphValue {
    this.signature.inputs[name] = tensorInfo(name, shape);
    this.nodes.push({
      name,
      op: 'Placeholder',
      attr: { dtype: FLOAT, shape: { shape: shapeOf([-1, ...shape]) } },
    });
    return { name, shape };
  }

  subtract(x: GraphValue, name: string, values: Float32Array): GraphValue {
    const constant = this.constant(`${name}/values`, values, [values.length]);
    return this.node('Sub', name, [x.name, constant], x.shape);
  }

  convolution(x: GraphValue, layer: FoldedConvolution): GraphValue {
    const { name, kernelName, kernel, bias, depthwise, size, stride, padding } = layer;
    const { inputs, outputs } = layer;
    const kind = depthwise ? 'depthwise' : 'convolution';
    const pytorchShape = [outputs, depthwise ? 1 : inputs, size, size];
    const values = toTensorflowLayout(kernel, { kind, shape: pytorchShape });
    const shape = depthwise ? [size, size, outputs, 1] : [size, size, inputs, outputs];
    const operands = [x.name, this.constant(kernelName, values, shape)];
    if (bias) operands.push(this.constant(`${name}/bias`, bias, [outputs]));
    const side = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
    const op = depthwise
      ? bias
        ? 'FusedDepthwiseConv2dNative'
        : 'DepthwiseConv2dNative'
      : bias
        ? '_FusedConv2D'
        : 'Conv2D';
    return this.node(op, name, operands, [side(x.shape[0]), side(x.shape[1]), outputs], {
      strides: list([1, stride, stride, 1]),
      padding: string('EXPLICIT'),
      explicit_paddings: list([0, 0, padding, padding, padding, padding, 0, 0]),
      dilations: list([1, 1, 1, 1]),
      data_format: string('NHWC'),
      ...(bias ? { num_args: { i: '1' }, fused_ops: { list: { s: [base64('BiasAdd')] } } } : {}),
    });
  }

  swish(x: GraphValue, name: string): GraphValue {
    return this.multiply(x, this.sigmoid(x, `${name}/sigmoid`), name);
  }

  sigmoid(x: GraphValue, name: string): GraphValue {
    return this.node('Sigmoid', name, [x.name], x.shape);
  }

  multiply(x: GraphValue, y: GraphValue, name: string): GraphValue {
    return this.node('Mul', name, [x.name, y.name], x.shape);
  }

  add(x: GraphValue, y: GraphValue, name: string): GraphValue {
    return this.node('AddV2', name, [x.name, y.name], x.shape);
  }

  spatialMean(x: GraphValue, name: string): GraphValue {
    const [height, width, channels] = x.shape;
    // tfjs's wasm Mean first transposes the whole tensor: up to ten times the time of this.
    return this.node('AvgPool', name, [x.name], [1, 1, channels], {
      ksize: list([1, height, width, 1]),
      strides: list([1, 1, 1, 1]),
      padding: string('VALID'),
      data_format: string('NHWC'),
    });
  }

  vectorOutput(x: GraphValue, name: string): void {
    const channels = x.shape[2];
    const shape = this.constant(`${name}/shape`, Int32Array.of(-1, channels), [2]);
    this.output('Reshape', name, [x.name, shape], [channels], { Tshape: INT });
  }

  mapOutput(x: GraphValue, name: string): void {
    const [height, width, channels] = x.shape;
    const order = this.constant(`${name}/order`, Int32Array.of(0, 3, 1, 2), [4]);
    const shape = [channels, height, width];
    this.output('Transpose', name, [x.name, order], shape, { Tperm: INT });
  }

  private output(
    op: string,
    name: string,
    input: readonly string[],
    shape: readonly number[],
    attr: GraphNode['attr'],
  ): void {
    this.nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
    this.signature.outputs[name] = tensorInfo(name, shape);
  }

  private node(
    op: string,
    name: string,
    input: readonly string[],
    shape: GraphValue['shape'],
    attr: GraphNode['attr'] = {},
  ): GraphValue {
    this.nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
    return { name, shape };
  }

  private constant(
    name: string,
    values: Float32Array | Int32Array,
    shape: readonly number[],
  ): string {
    if (this.constants.has(name)) return name;
    this.constants.add(name);
    const isFloat = values instanceof Float32Array;
    const halved = isFloat && storedAsFloat16(values, this.precision);
    this.weightBytes.push(littleEndianBytes(halved ? toFloat16Bits(values) : values));
    this.weightSpecs.push({
      name,
      shape,
      dtype: isFloat ? 'float32' : 'int32',
      ...(halved ? { quantization: { dtype: 'float16', original_dtype: 'float32' } } : {}),
    });
    const dtype = isFloat ? FLOAT : INT;
    const tensor = { dtype: dtype.type, tensorShape: shapeOf(shape) };
    this.nodes.push({ name, op: 'Const', attr: { dtype, value: { tensor } } });
    return name;
  }
}

const FLOAT = { type: 'DT_FLOAT' } as const;
const INT = { type: 'DT_INT32' } as const;

function tensorInfo(name: string, shape: readonly number[]): TensorInfo {
  return { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shapeOf([-1, ...shape]) };
}

function shapeOf(sides: readonly number[]): TensorInfo['tensorShape'] {
  return { dim: sides.map((side) => ({ size: String(side) })) };
}

function list(values: readonly number[]) {
  return { list: { i: values.map(String) } };
}

function string(value: string) {
  return { s: base64(value) };
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

function cutIntoShards(tensors: readonly Uint8Array[]): Uint8Array[] {
  const all = Buffer.concat(tensors);
  const count = Math.max(1, Math.ceil(all.length / SHARD_BYTES));
  return Array.from({ length: count }, (_, i) =>
    all.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  );
}
