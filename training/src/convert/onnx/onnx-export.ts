import {
  DATA_TYPE,
  intAttribute,
  intsAttribute,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  serializeOnnx,
} from '@naevus/shared/model/onnx-messages';
import type { Architecture } from '../../network/architecture.ts';
import type { Parameters } from '../../network/parameters.ts';
import { storedAsFloat16, toFloat16Bits, type WeightPrecision } from '../float16.ts';
import {
  type FoldedConvolution,
  GRAPH_INPUT,
  type InferenceOps,
  writeInferenceGraph,
} from '../inference-graph.ts';
import { littleEndianBytes } from '../little-endian.ts';

/** Opset 17 and the file format version it came with (onnx docs/Versioning.md): old engines read it too. */
const OPSET = 17;
const IR_VERSION = 8;

/**
 * The network as an ONNX file: input `image` [N, 3, inputSize, inputSize] float32, RGB 0 to 255; outputs
 * `logits` [N, class], `cam` [N, class, y, x] and
 * `features` [N, channel]. The same parameters give the same bytes.
 *
 * @throws Error when a parameter is missing, of the wrong size or not finite.
 */
export function exportOnnx(
  parameters: Parameters,
  architecture: Architecture,
  precision: WeightPrecision,
): Uint8Array {
  const { inputSize, name } = architecture;
  const writer = new OnnxWriter(precision);
  const image: OnnxValue = { name: GRAPH_INPUT, shape: [3, inputSize, inputSize] };
  writeInferenceGraph(writer, image, parameters, architecture);
  const { nodes, initializers, outputs } = writer;
  return serializeOnnx({
    irVersion: IR_VERSION,
    producerName: 'naevus',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name,
      node: nodes,
      initializer: [...initializers.values()],
      input: [valueInfo(image.name, image.shape)],
      output: outputs,
    },
  });
}

interface OnnxValue {
  readonly name: string;
  /** Without the batch: [channel, y, x]. */
  readonly shape: readonly [number, number, number];
}

class OnnxWriter implements InferenceOps<OnnxValue> {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();
  readonly outputs: OnnxValueInfo[] = [];
  private readonly precision: WeightPrecision;

  constructor(precision: WeightPrecision) {
    this.precision = precision;
  }

  subtract(x: OnnxValue, name: string, values: Float32Array): OnnxValue {
    const constant = this.constant(`${name}.values`, values, [1, values.length, 1, 1]);
    return this.node('Sub', name, [x.name, constant], x.shape);
  }

  convolution(x: OnnxValue, layer: FoldedConvolution): OnnxValue {
    const { name, kernelName, kernel, bias, depthwise, size, stride, padding } = layer;
    const { inputs, outputs } = layer;
    const dims = [outputs, depthwise ? 1 : inputs, size, size];
    const operands = [x.name, this.constant(kernelName, kernel, dims)];
    if (bias) operands.push(this.constant(`${name}.bias`, bias, [outputs]));
    const side = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
    return this.node(
      'Conv',
      name,
      operands,
      [outputs, side(x.shape[1]), side(x.shape[2])],
      [
        intsAttribute('dilations', [1, 1]),
        intAttribute('group', depthwise ? inputs : 1),
        intsAttribute('kernel_shape', [size, size]),
        intsAttribute('pads', [padding, padding, padding, padding]),
        intsAttribute('strides', [stride, stride]),
      ],
    );
  }

  swish(x: OnnxValue, name: string): OnnxValue {
    // onnxruntime fuses this pair into one kernel.
    return this.multiply(x, this.sigmoid(x, `${name}.sigmoid`), name);
  }

  sigmoid(x: OnnxValue, name: string): OnnxValue {
    return this.node('Sigmoid', name, [x.name], x.shape);
  }

  multiply(x: OnnxValue, y: OnnxValue, name: string): OnnxValue {
    return this.node('Mul', name, [x.name, y.name], x.shape);
  }

  add(x: OnnxValue, y: OnnxValue, name: string): OnnxValue {
    return this.node('Add', name, [x.name, y.name], x.shape);
  }

  spatialMean(x: OnnxValue, name: string): OnnxValue {
    return this.node('GlobalAveragePool', name, [x.name], [x.shape[0], 1, 1]);
  }

  vectorOutput(x: OnnxValue, name: string): void {
    this.node('Flatten', name, [x.name], x.shape, [intAttribute('axis', 1)]);
    this.outputs.push(valueInfo(name, [x.shape[0]]));
  }

  mapOutput(x: OnnxValue, name: string): void {
    this.node('Identity', name, [x.name], x.shape);
    this.outputs.push(valueInfo(name, x.shape));
  }

  private node(
    opType: string,
    name: string,
    input: readonly string[],
    shape: OnnxValue['shape'],
    attribute: readonly OnnxAttribute[] = [],
  ): OnnxValue {
    this.nodes.push({ opType, name: `${name}/${opType}`, input, output: [name], attribute });
    return { name, shape };
  }

  /** The name under which the values can be used; in half precision they lie behind a Cast. */
  private constant(name: string, values: Float32Array, dims: readonly number[]): string {
    if (this.initializers.has(name)) return name;
    if (!storedAsFloat16(values, this.precision)) {
      const rawData = littleEndianBytes(values);
      this.initializers.set(name, { name, dims, dataType: DATA_TYPE.float32, rawData });
      return name;
    }
    const half = `${name}.half`;
    const rawData = littleEndianBytes(toFloat16Bits(values));
    this.initializers.set(name, { name: half, dims, dataType: DATA_TYPE.float16, rawData });
    this.nodes.push({
      opType: 'Cast',
      name: `${name}/Cast`,
      input: [half],
      output: [name],
      attribute: [intAttribute('to', DATA_TYPE.float32)],
    });
    return name;
  }
}

function valueInfo(name: string, shape: readonly number[]): OnnxValueInfo {
  const dim = [{ dimParam: 'N' }, ...shape.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: DATA_TYPE.float32, shape: { dim } } } };
}
