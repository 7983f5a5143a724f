import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type GraphNode, readGraph } from './graph.ts';
import { createNetwork } from './network.ts';
import { type WeightSpec, Weights } from './weights.ts';

const BUILDS = ['network.wasm', 'network-fused.wasm']
  .map((name) => readFileSync(new URL(`../../../dist/page-files/${name}`, import.meta.url)))
  // Node 20 has no relaxed SIMD.
  .filter((bytes) => WebAssembly.validate(bytes))
  .map((bytes) => new WebAssembly.Module(bytes));

/** A value as it is computed here, without any of what makes the kernels fast: [y][x][channel]. */
interface Value {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float64Array;
}

/** A graph written node by node, and its values computed beside it. */
class ReferenceGraph {
  readonly nodes: GraphNode[] = [];
  readonly specs: WeightSpec[] = [];
  readonly shards: Uint8Array[] = [];
  readonly values = new Map<string, Value>();
  #seed = 1;

  /** From -1 to 1, the same in every run. */
  random(): number {
    this.#seed = (this.#seed * 48271) % 2147483647;
    return (this.#seed / 2147483647) * 2 - 1;
  }

  image(rgb: Uint8Array, height: number, width: number): string {
    const offset = this.weight('offset', [3], 100);
    this.nodes.push({ name: 'image', op: 'Placeholder' });
    this.nodes.push({ name: 'normalize', op: 'Sub', input: ['image', 'offset'] });
    const data = Float64Array.from(rgb, (byte, i) => (byte - offset[i % 3]!) / 100);
    // The first filter is a hundredth of what it is here.
    this.values.set('normalize', { height, width, channels: 3, data });
    return 'normalize';
  }

  weight(name: string, shape: readonly number[], scale = 1): Float32Array {
    const values = Float32Array.from(
      { length: shape.reduce((product, side) => product * side, 1) },
      () => this.random() * scale,
    );
    this.specs.push({ name, shape, dtype: 'float32' });
    this.shards.push(new Uint8Array(values.buffer));
    this.nodes.push({ name, op: 'Const' });
    return values;
  }

  convolution(
    x: string,
    name: string,
    outputs: number,
    { size = 1, stride = 1, depthwise = false, bias = true } = {},
  ): string {
    const input = this.values.get(x)!;
    const { height, width, channels } = input;
    const padding = (size - 1) >> 1;
    const shape = depthwise ? [size, size, channels, 1] : [size, size, channels, outputs];
    const scale = x === 'normalize' ? 0.01 : 1;
    const filter = this.weight(`${name}/filter`, shape, scale / Math.sqrt(size * size));
    const biases = bias ? this.weight(`${name}/bias`, [outputs]) : new Float32Array(outputs);
    const fused = bias ? { conv: '_FusedConv2D', deep: 'FusedDepthwiseConv2dNative' } : undefined;
    const plain = { conv: 'Conv2D', deep: 'DepthwiseConv2dNative' };
    this.nodes.push({
      name,
      op: (fused ?? plain)[depthwise ? 'deep' : 'conv'],
      input: [x, `${name}/filter`, ...(bias ? [`${name}/bias`] : [])],
      attr: {
        strides: list([1, stride, stride, 1]),
        padding: { s: btoa('EXPLICIT') },
        explicit_paddings: list([0, 0, padding, padding, padding, padding, 0, 0]),
      },
    });
    const side = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
    return this.#value(name, side(height), side(width), outputs, (y, x, channel) => {
      let sum = biases[channel]!;
      for (let ky = 0; ky < size; ky++) {
        for (let kx = 0; kx < size; kx++) {
          const [row, column] = [y * stride + ky - padding, x * stride + kx - padding];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const pixel = (row * width + column) * channels;
          for (let i = 0; i < channels; i++) {
            if (depthwise && i !== channel) continue;
            const weight = depthwise
              ? filter[(ky * size + kx) * channels + i]!
              : filter[((ky * size + kx) * channels + i) * outputs + channel]!;
            sum += (input.data[pixel + i]! * weight) / (scale === 1 ? 1 : 0.01);
          }
        }
      }
      return sum;
    });
  }

  swish(x: string): string {
    this.sigmoid(x, `${x}/sigmoid`);
    this.nodes.push({ name: `${x}/swish`, op: 'Mul', input: [x, `${x}/sigmoid`] });
    return this.#each(x, `${x}/swish`, (value) => value / (1 + Math.exp(-value)));
  }

  sigmoid(x: string, name: string): string {
    this.nodes.push({ name, op: 'Sigmoid', input: [x] });
    return this.#each(x, name, (value) => 1 / (1 + Math.exp(-value)));
  }

  scale(x: string, gate: string, name: string): string {
    this.nodes.push({ name, op: 'Mul', input: [x, gate] });
    const factors = this.values.get(gate)!;
    return this.#each(x, name, (value, channel) => value * factors.data[channel]!);
  }

  add(x: string, y: string, name: string): string {
    this.nodes.push({ name, op: 'AddV2', input: [x, y] });
    const other = this.values.get(y)!;
    return this.#each(x, name, (value, _, i) => value + other.data[i]!);
  }

  mean(x: string, name: string): string {
    this.nodes.push({ name, op: 'AvgPool', input: [x], attr: { padding: { s: btoa('VALID') } } });
    const { height, width, channels, data } = this.values.get(x)!;
    return this.#value(name, 1, 1, channels, (_, __, channel) => {
      let sum = 0;
      for (let i = channel; i < data.length; i += channels) sum += data[i]!;
      return sum / (height * width);
    });
  }

  output(x: string, name: string, op: 'Reshape' | 'Transpose'): void {
    this.nodes.push({ name, op, input: [x] });
  }

  /** As the network gives it: [channel, y, x]. */
  expected(name: string): number[] {
    const { channels, data } = this.values.get(name)!;
    const pixels = data.length / channels;
    return Array.from(data, (_, i) => data[(i % pixels) * channels + Math.floor(i / pixels)]!);
  }

  #each(x: string, name: string, map: (value: number, channel: number, i: number) => number) {
    const value = this.values.get(x)!;
    const data = value.data.map((number, i) => map(number, i % value.channels, i));
    this.values.set(name, { ...value, data });
    return name;
  }

  #value(
    name: string,
    height: number,
    width: number,
    channels: number,
    at: (y: number, x: number, channel: number) => number,
  ): string {
    const data = new Float64Array(height * width * channels);
    for (let i = 0; i < data.length; i++) {
      const pixel = Math.floor(i / channels);
      data[i] = at(Math.floor(pixel / width), pixel % width, i % channels);
    }
    this.values.set(name, { height, width, channels, data });
    return name;
  }
}

function list(values: readonly number[]) {
  return { list: { i: values.map(String) } };
}

/** Every kind of layer, with sides and channels that are no multiple of anything. */
function everyLayer(rgb: Uint8Array, height: number, width: number): ReferenceGraph {
  const graph = new ReferenceGraph();
  const image = graph.image(rgb, height, width);
  const stem = graph.swish(graph.convolution(image, 'stem', 12, { size: 3, stride: 2 }));
  const deep = graph.convolution(stem, 'deep', 12, { size: 5, depthwise: true });
  const active = graph.swish(deep);
  const squeezed = graph.swish(graph.convolution(graph.mean(active, 'mean'), 'reduce', 5));
  const gate = graph.sigmoid(graph.convolution(squeezed, 'expand', 12), 'gate');
  const excited = graph.scale(active, gate, 'excited');
  const narrow = graph.convolution(excited, 'narrow', 12, { bias: false });
  const joined = graph.add(narrow, stem, 'joined');
  // Seen by two, so that its activation is a layer of its own.
  const wide = graph.convolution(joined, 'wide', 18);
  const both = graph.add(graph.swish(wide), wide, 'both');
  const small = graph.convolution(both, 'small', 18, { size: 3, stride: 2, depthwise: true });
  graph.output(small, 'map', 'Transpose');
  graph.output(graph.mean(small, 'pool'), 'vector', 'Reshape');
  return graph;
}

describe.each(BUILDS)('a network of every layer, build %#', (module) => {
  it.each([
    [13, 18],
    [8, 7],
    [33, 5],
  ])('of an image of %i x %i computes what plain arithmetic does', (height, width) => {
    const rgb = Uint8Array.from(
      { length: height * width * 3 },
      (_, i) => (i * 37 + (i >> 3)) % 256,
    );
    const graph = everyLayer(rgb, height, width);
    const weights = new Weights(graph.specs, graph.shards);
    const network = createNetwork(module, readGraph(graph.nodes), weights, { height, width });
    const { height: rows, width: columns } = graph.values.get('small')!;
    expect(network.outputs.get('map')).toEqual([1, 18, rows, columns]);
    expect(network.outputs.get('vector')).toEqual([1, 18]);
    // Twice: what the first run left in memory must not show.
    for (let time = 0; time < 2; time++) {
      const outputs = network.run(rgb);
      for (const [name, value] of [
        ['map', 'small'],
        ['vector', 'pool'],
      ] as const) {
        const expected = graph.expected(value);
        const scale = Math.max(...expected.map(Math.abs));
        expect(outputs.get(name)!.length).toBe(expected.length);
        for (const [i, number] of outputs.get(name)!.entries()) {
          expect(Math.abs(number - expected[i]!) / scale).toBeLessThan(1e-5);
        }
      }
    }
  });
});

describe('readGraph', () => {
  it('names an operation that is not served', () => {
    expect(() =>
      readGraph([
        { name: 'image', op: 'Placeholder' },
        { name: 'odd', op: 'Softplus', input: ['image'] },
      ]),
    ).toThrow('Softplus "odd"');
  });

  it('names what is used before it is computed', () => {
    const nodes = [
      { name: 'image', op: 'Placeholder' },
      { name: 'sum', op: 'AddV2', input: ['image', 'later'] },
    ];
    expect(() => readGraph(nodes)).toThrow('"sum" uses "later"');
  });
});

it('refuses shapes that do not fit', () => {
  const graph = new ReferenceGraph();
  const image = graph.image(new Uint8Array(4 * 4 * 3), 4, 4);
  graph.convolution(image, 'stem', 8, { size: 3 });
  const specs = graph.specs.map((spec) =>
    spec.name === 'stem/filter' ? { ...spec, shape: [3, 3, 8, 3] } : spec,
  );
  const weights = new Weights(specs, graph.shards);
  const size = { height: 4, width: 4 };
  expect(() => createNetwork(BUILDS[0]!, readGraph(graph.nodes), weights, size)).toThrow('"stem"');
});
