/** A node of `modelTopology`: a GraphDef in protobuf's JSON form, 64-bit integers as strings, bytes as base64. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, Attribute>>;
}

interface Attribute {
  readonly list?: { readonly i?: readonly string[] };
  readonly s?: string;
}

export type Activation = 'none' | 'swish' | 'sigmoid';

/** One layer; its value goes by the name of {@link Layer.output}. */
export type Layer = { readonly output: string; readonly input: string } & (
  | {
      readonly kind: 'convolution';
      readonly depthwise: boolean;
      /** Names of weights. */
      readonly filter: string;
      readonly bias?: string;
      readonly stride: number;
      readonly padding: number;
      activation: Activation;
    }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'scale'; readonly gate: string }
  | { readonly kind: 'add'; readonly other: string }
  | { readonly kind: 'mean' }
);

export interface Graph {
  /** Name of the image. */
  readonly input: string;
  /** Name of the weight that is taken off each pixel's channels. */
  readonly offset?: string;
  /** In the order in which they are computed. */
  readonly layers: readonly Layer[];
  /** What is given, by name: `vector` is [1, channel], `map` [1, channel, y, x]. */
  readonly outputs: ReadonlyMap<string, { readonly value: string; readonly as: 'vector' | 'map' }>;
}

/**
 * Reads a graph as training's exporter writes it (`tfjs-export.ts`), an x · sigmoid(x) as one layer, and an
 * activation as a part of the convolution before it where nothing else sees what comes between.
 *
 * @throws Error on an operation, or a form of one, that the exporter does not write
 */
export function readGraph(nodes: readonly GraphNode[]): Graph {
  return new GraphReader(nodes).read();
}

class GraphReader {
  readonly #nodes: readonly GraphNode[];
  readonly #byName: ReadonlyMap<string, GraphNode>;
  readonly #users = new Map<string, GraphNode[]>();
  readonly #layers = new Map<string, Layer>();
  /** Under which name the value of a node is computed. */
  readonly #valueOf = new Map<string, string>();
  readonly #outputs = new Map<string, { value: string; as: 'vector' | 'map' }>();
  #input: string | undefined;
  #offset: string | undefined;

  constructor(nodes: readonly GraphNode[]) {
    this.#nodes = nodes;
    this.#byName = new Map(nodes.map((node) => [node.name, node]));
    for (const node of nodes) {
      for (const name of node.input ?? []) {
        this.#users.set(name, [...(this.#users.get(name) ?? []), node]);
      }
    }
  }

  read(): Graph {
    for (const node of this.#nodes) this.#take(node);
    if (this.#input === undefined) throw new Error('the graph has no input');
    return {
      input: this.#input,
      ...(this.#offset !== undefined && { offset: this.#offset }),
      layers: [...this.#layers.values()],
      outputs: this.#outputs,
    };
  }

  #take(node: GraphNode): void {
    const { name, op } = node;
    switch (op) {
      case 'Const':
        return;
      case 'Placeholder':
        this.#input = name;
        this.#valueOf.set(name, name);
        return;
      case 'Sub':
        if (node.input?.[0] !== this.#input || this.#layers.size > 0) throw unknown(node);
        this.#offset = node.input![1]!;
        this.#valueOf.set(name, this.#input!);
        return;
      case '_FusedConv2D':
      case 'Conv2D':
      case 'FusedDepthwiseConv2dNative':
      case 'DepthwiseConv2dNative':
        this.#convolution(node);
        return;
      case 'Sigmoid':
        // As a part of a swish it is met again, there.
        if (this.#users.get(name)?.every((user) => isSwish(user, this.#byName))) return;
        this.#activation(node, node.input![0]!, 'sigmoid', [node]);
        return;
      case 'Mul': {
        const [x, y] = node.input as [string, string];
        if (isSwish(node, this.#byName)) {
          this.#activation(node, x, 'swish', [node, this.#byName.get(y)!]);
        } else {
          this.#layer(node, { kind: 'scale', gate: this.#value(node, y) });
        }
        return;
      }
      case 'AddV2':
        this.#layer(node, { kind: 'add', other: this.#value(node, node.input![1]!) });
        return;
      case 'AvgPool':
        if (attribute(node, 'padding') !== 'VALID') throw unknown(node);
        this.#layer(node, { kind: 'mean' });
        return;
      case 'Reshape':
        this.#outputs.set(name, { value: this.#value(node, node.input![0]!), as: 'vector' });
        return;
      case 'Transpose':
        this.#outputs.set(name, { value: this.#value(node, node.input![0]!), as: 'map' });
        return;
      default:
        throw unknown(node);
    }
  }

  #convolution(node: GraphNode): void {
    const [, filter, bias] = node.input as [string, string, string?];
    const [, stride, strideX] = numbers(node, 'strides');
    const [, , top, bottom, left, right] = numbers(node, 'explicit_paddings');
    const same = stride === strideX && [bottom, left, right].every((side) => side === top);
    if (attribute(node, 'padding') !== 'EXPLICIT' || !same) throw unknown(node);
    this.#layer(node, {
      kind: 'convolution',
      depthwise: node.op.includes('Depthwise'),
      filter,
      ...(bias !== undefined && { bias }),
      stride: stride!,
      padding: top!,
      activation: 'none',
    });
  }

  /** @param backend the nodes that it stands for */
  #activation(
    node: GraphNode,
    x: string,
    activation: Activation,
    backend: readonly GraphNode[],
  ): void {
    const before = this.#layers.get(this.#value(node, x));
    const alone = this.#users.get(x)!.every((user) => backend.includes(user));
    if (before?.kind === 'convolution' && before.activation === 'none' && alone) {
      before.activation = activation;
      this.#valueOf.set(node.name, before.output);
    } else {
      this.#layer(node, { kind: 'activation', activation });
    }
  }

  #layer(node: GraphNode, rest: object): void {
    const input = this.#value(node, node.input![0]!);
    this.#layers.set(node.name, { output: node.name, input, ...rest } as Layer);
    this.#valueOf.set(node.name, node.name);
  }

  #value(node: GraphNode, name: string): string {
    const value = this.#valueOf.get(name);
    if (value === undefined) throw new Error(`"${node.name}" uses "${name}" before it is computed`);
    return value;
  }
}

/** x · sigmoid(x) */
function isSwish({ op, input }: GraphNode, byName: ReadonlyMap<string, GraphNode>): boolean {
  if (op !== 'Mul') return false;
  const gate = byName.get(input![1]!);
  return gate?.op === 'Sigmoid' && gate.input![0] === input![0];
}

function unknown({ name, op }: GraphNode): Error {
  return new Error(`the graph's operation ${op} "${name}" is not one that is served`);
}

function numbers(node: GraphNode, name: string): number[] {
  const values = node.attr?.[name]?.list?.i;
  if (values === undefined) throw unknown(node);
  return values.map(Number);
}

function attribute(node: GraphNode, name: string): string {
  return atob(node.attr?.[name]?.s ?? '');
}
