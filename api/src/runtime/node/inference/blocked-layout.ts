import {
  DATA_TYPE,
  intAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  parseOnnx,
  serializeOnnx,
  stringAttribute,
} from '@naevus/shared/model/onnx-messages';

type Graph = OnnxModel['graph'];

/** What a core's second cache holds on the servers of today, in bytes. */
const CACHE_BYTES = 2 << 20;
/** Channels that lie together in onnxruntime's blocked layout, at most. */
const BLOCK = 16;

/**
 * Rewrites a network for onnxruntime's blocked layout (NCHWc, which its convolutions take
 * on x64), so that a run costs a twelfth less time and gives the same bits:
 *
 * - A gate [N, channel, 1, 1] is first spread over the sides of what it multiplies: the blocked layout has
 *   no broadcasting product, and each squeeze-excitation would leave it and come back.
 * - A widening whose result is larger than a core's cache is computed a part of its channels at a time,
 *   through swish and depthwise convolution.
 *
 * One run may take several images: two cost 6 to 9 % less each than one by itself.
 *
 * Not done in the exported file, as other runtimes broadcast a gate for less than they spread it.
 *
 * @param bytes an ONNX file; one with operations that the exporter does not write is returned as it is
 * @throws Error when the bytes are no ONNX file
 */
export function forBlockedLayout(bytes: Uint8Array): Uint8Array {
  const model = parseOnnx(bytes);
  const shapes = shapesOf(model.graph);
  if (shapes === undefined) return bytes;
  return serializeOnnx({
    ...model,
    graph: spreadGates(splitWidenings(model.graph, shapes), shapes),
  });
}

/** A value's shape without the batch. */
interface Shape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

type Shapes = ReadonlyMap<string, Shape>;

const CONVOLUTION_ATTRIBUTES = ['dilations', 'group', 'kernel_shape', 'pads', 'strides'];

/** Shapes of what the nodes give; undefined where there is a node that is not known. */
function shapesOf({ input, initializer, node }: Graph): Shapes | undefined {
  const shapes = new Map<string, Shape>();
  for (const { name, type } of input) {
    const [channels, height, width] = type.tensorType.shape.dim
      .slice(1)
      .map((dim) => ('dimValue' in dim ? dim.dimValue : 0));
    if (!channels || !height || !width) return undefined;
    shapes.set(name, { channels, height, width });
  }
  const constants = new Map(initializer.map(({ name, dims }) => [name, dims]));
  for (const { opType, input: names, output, attribute } of node) {
    const from = shapes.get(names[0]!);
    switch (opType) {
      case 'Cast':
        constants.set(output[0]!, constants.get(names[0]!) ?? []);
        continue;
      case 'Conv': {
        const channels = constants.get(names[1]!)?.[0];
        const known = attribute.every(({ name }) => CONVOLUTION_ATTRIBUTES.includes(name));
        if (!from || !channels || !known) return undefined;
        const attributes = new Map(attribute.map(({ name, ints }) => [name, ints ?? []]));
        const side = (length: number, axis: 0 | 1): number => {
          const pads = attributes.get('pads') ?? [];
          const room = length + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
          const kernel = attributes.get('kernel_shape')?.[axis] ?? 1;
          return Math.floor((room - kernel) / (attributes.get('strides')?.[axis] ?? 1)) + 1;
        };
        shapes.set(output[0]!, {
          channels,
          height: side(from.height, 0),
          width: side(from.width, 1),
        });
        continue;
      }
      case 'GlobalAveragePool':
        if (!from) return undefined;
        shapes.set(output[0]!, { channels: from.channels, height: 1, width: 1 });
        continue;
      case 'Sub':
      case 'Sigmoid':
      case 'Mul':
      case 'Add':
      case 'Identity':
      case 'Flatten':
        if (!from) return undefined;
        shapes.set(output[0]!, from);
        continue;
      default:
        return undefined;
    }
  }
  return shapes;
}

function spreadGates(graph: Graph, shapes: Shapes): Graph {
  const scales = new Map<string, OnnxTensor>();
  const spreads: OnnxValueInfo[] = [];
  const [batch] = graph.input[0]!.type.tensorType.shape.dim;
  const node = graph.node.flatMap((multiply): OnnxNode[] => {
    const [value = '', gate = ''] = multiply.input;
    const whole = shapes.get(value);
    if (multiply.opType !== 'Mul' || !whole || shapes.get(gate)?.height !== 1) return [multiply];
    const { height, width } = whole;
    if (height * width === 1) return [multiply];
    const name = `scales.${height}.${width}`;
    scales.set(name, {
      name,
      dims: [4],
      dataType: DATA_TYPE.float32,
      rawData: new Uint8Array(Float32Array.of(1, 1, height, width).buffer),
    });
    const spread: OnnxNode = {
      opType: 'Resize',
      name: `${gate}.spread/Resize`,
      input: [gate, '', name],
      output: [`${gate}.spread`],
      attribute: [
        stringAttribute('mode', 'nearest'),
        stringAttribute('coordinate_transformation_mode', 'asymmetric'),
        stringAttribute('nearest_mode', 'floor'),
      ],
    };
    const [output = ''] = spread.output;
    spreads.push(valueInfo(output, [batch!, ...[whole.channels, height, width].map(fixed)]));
    return [spread, { ...multiply, input: [value, output] }];
  });
  const initializer = [...graph.initializer, ...scales.values()];
  return { ...graph, node, initializer, valueInfo: spreads };
}

/**
 * onnxruntime only keeps the layout where it knows that both operands of a product have one shape, and takes the
 * images of a Resize for as many as it likes.
 */
function valueInfo(name: string, dim: Dimensions): OnnxValueInfo {
  return { name, type: { tensorType: { elemType: DATA_TYPE.float32, shape: { dim } } } };
}

type Dimensions = OnnxValueInfo['type']['tensorType']['shape']['dim'];

const fixed = (dimValue: number) => ({ dimValue });

/** A 1x1 convolution, swish and a depthwise convolution, each the only one to use the one before. */
interface Widening {
  readonly pointwise: OnnxNode;
  readonly sigmoid: OnnxNode;
  readonly swish: OnnxNode;
  readonly depthwise: OnnxNode;
}

function splitWidenings(graph: Graph, shapes: Shapes): Graph {
  let split = graph;
  for (const pointwise of graph.node) {
    const widening = wideningFrom(pointwise, graph);
    if (!widening) continue;
    const { channels, height, width } = shapes.get(pointwise.output[0]!)!;
    const backend = partCount(channels, 4 * channels * height * width);
    if (backend > 1) split = inParts(split, widening, channels, backend);
  }
  return split;
}

function wideningFrom(pointwise: OnnxNode, { node }: Graph): Widening | undefined {
  if (pointwise.opType !== 'Conv' || groupsOf(pointwise) !== 1) return undefined;
  const users = ({ output }: OnnxNode) => node.filter(({ input }) => input.includes(output[0]!));
  const activation = users(pointwise);
  const sigmoid = activation.find(({ opType }) => opType === 'Sigmoid');
  const swish = activation.find(({ opType }) => opType === 'Mul');
  if (activation.length !== 2 || !sigmoid || !swish) return undefined;
  if (!swish.input.includes(sigmoid.output[0]!) || users(sigmoid).length !== 1) return undefined;
  const [depthwise, ...others] = users(swish);
  if (!depthwise || others.length > 0 || groupsOf(depthwise) <= 1) return undefined;
  return { pointwise, sigmoid, swish, depthwise };
}

function groupsOf({ opType, attribute }: OnnxNode): number {
  return opType === 'Conv' ? (attribute.find(({ name }) => name === 'group')?.i ?? 1) : 0;
}

/** The fewest parts, of whole blocks, that each fit in the cache; 1 where there are none. */
function partCount(channels: number, bytes: number): number {
  for (let backend = Math.ceil(bytes / CACHE_BYTES); backend * BLOCK <= channels; backend++) {
    if (channels % (backend * BLOCK) === 0) return backend;
  }
  return 1;
}

function inParts(graph: Graph, widening: Widening, channels: number, backend: number): Graph {
  const { pointwise, sigmoid, swish, depthwise } = widening;
  const size = channels / backend;
  const nodes: OnnxNode[] = [];
  const initializer = [...graph.initializer];
  for (let part = 0; part < backend; part++) {
    const at = (name: string) => `${name}.part${part}`;
    const copy = (node: OnnxNode, input: readonly string[]): OnnxNode => ({
      ...node,
      name: at(node.name),
      input,
      output: node.output.map(at),
    });
    const convolution = (node: OnnxNode, from: string): OnnxNode => {
      for (const name of node.input.slice(1)) {
        const rows = rowsOf(name, graph, part * size, size, at);
        initializer.push(rows.tensor);
        if (rows.cast) nodes.push(rows.cast);
      }
      return copy(node, [from, ...node.input.slice(1).map(at)]);
    };
    nodes.push(
      convolution(pointwise, pointwise.input[0]!),
      copy(sigmoid, sigmoid.input.map(at)),
      copy(swish, swish.input.map(at)),
    );
    const filtered = convolution(depthwise, at(depthwise.input[0]!));
    const attribute = depthwise.attribute.map((given) =>
      given.name === 'group' ? intAttribute('group', size) : given,
    );
    nodes.push({ ...filtered, attribute });
  }
  const [output = ''] = depthwise.output;
  nodes.push({
    opType: 'Concat',
    name: `${output}/Concat`,
    input: Array.from({ length: backend }, (_, part) => `${output}.part${part}`),
    output: [output],
    attribute: [intAttribute('axis', 1)],
  });
  const replaced = new Set([pointwise, sigmoid, swish, depthwise]);
  const node = graph.node.flatMap((each) =>
    each === depthwise ? nodes : replaced.has(each) ? [] : [each],
  );
  return withoutUnused({ ...graph, node, initializer });
}

/** Rows of a constant's first axis as one of their own, behind a Cast where the whole is. */
function rowsOf(
  name: string,
  { node, initializer }: Graph,
  first: number,
  count: number,
  renamed: (name: string) => string,
): { readonly tensor: OnnxTensor; readonly cast?: OnnxNode } {
  const cast = node.find(({ opType, output }) => opType === 'Cast' && output[0] === name);
  const stored = cast?.input[0] ?? name;
  const tensor = initializer.find((each) => each.name === stored)!;
  const [all = 1, ...others] = tensor.dims;
  const bytes = tensor.rawData.length / all;
  const rows: OnnxTensor = {
    ...tensor,
    name: renamed(stored),
    dims: [count, ...others],
    rawData: tensor.rawData.subarray(first * bytes, (first + count) * bytes),
  };
  if (!cast) return { tensor: rows };
  const [input, output] = [[rows.name], [renamed(name)]];
  return { tensor: rows, cast: { ...cast, name: renamed(cast.name), input, output } };
}

/** onnxruntime warns of constants that nothing uses. */
function withoutUnused(graph: Graph): Graph {
  const used = (nodes: readonly OnnxNode[]) => new Set(nodes.flatMap(({ input }) => input));
  const inputs = used(graph.node);
  const node = graph.node.filter(
    ({ opType, output }) => opType !== 'Cast' || inputs.has(output[0]!),
  );
  const names = used(node);
  return { ...graph, node, initializer: graph.initializer.filter(({ name }) => names.has(name)) };
}
