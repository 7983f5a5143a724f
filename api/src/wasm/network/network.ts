import { growTo } from '@naevus/shared/wasm/wasm-memory';
import { Arena } from './arena.ts';
import type { Activation, Graph, Layer } from './graph.ts';
import type { Kernels } from './kernels.ts';
import {
  PANEL,
  type PackedWeight,
  packFilter,
  packRows,
  paddedChannels,
} from './packed-weights.ts';
import type { Weights } from './weights.ts';

/** As the kernels number them. */
const ACTIVATIONS: Readonly<Record<Activation, number>> = { none: 0, swish: 1, sigmoid: 2 };
const FLOAT_BYTES = 4;
/** Nothing lies at the address 0. */
const FIRST_ADDRESS = 64;
/** Channels of the image in memory. */
const IMAGE_CHANNELS = 4;

/** [1, height, width, channels], in memory with `pixelBytes` for each pixel. */
interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly pixelBytes: number;
}

export interface Network {
  /** Of WebAssembly memory that it takes. */
  readonly bytes: number;
  /** Shapes of the outputs: [1, channel] or [1, channel, y, x]. */
  readonly outputs: ReadonlyMap<string, readonly number[]>;
  /**
   * @param rgb height x width x 3 bytes
   * @returns a new array for each output
   */
  run(rgb: Uint8Array): Map<string, Float32Array>;
}

/**
 * A graph in the memory of one WebAssembly instance: weights as the kernels read them, and room for what
 * is computed, in which a value lies where another was that is no longer needed. It is allocated once.
 * Not reentrant, which synchronous calls never are.
 *
 * @param module `network.wasm` or `network-fused.wasm`, compiled the way the runtime allows
 * @param image the size of the input
 * @throws Error when the graph's shapes do not fit together
 */
export function createNetwork(
  module: WebAssembly.Module,
  graph: Graph,
  weights: Weights,
  image: { readonly width: number; readonly height: number },
): Network {
  const kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
  const plan = new Plan(kernels, graph, weights, image);
  growTo(kernels.memory, plan.bytes);
  plan.writeWeights();
  return plan;
}

class Plan implements Network {
  readonly outputs = new Map<string, readonly number[]>();
  readonly #kernels: Kernels;
  readonly #weights: Weights;
  readonly #arena = new Arena(FIRST_ADDRESS);
  readonly #shapes = new Map<string, Shape>();
  readonly #packed = new Map<string, { readonly at: number; readonly weight: PackedWeight }>();
  readonly #places = new Map<string, number>();
  readonly #steps: (() => void)[] = [];
  readonly #readers = new Map<string, () => Float32Array>();
  readonly #imageBytes: number;

  constructor(
    kernels: Kernels,
    graph: Graph,
    weights: Weights,
    image: { readonly width: number; readonly height: number },
  ) {
    this.#kernels = kernels;
    this.#weights = weights;
    const pixelBytes = IMAGE_CHANNELS * FLOAT_BYTES;
    this.#shapes.set(graph.input, { ...image, channels: 3, pixelBytes });
    // All weights first, so that what is computed lies close together behind them.
    for (const layer of graph.layers) this.#shapes.set(layer.output, this.#prepare(layer));

    const lastUses = lastUsesOf(graph);
    this.#imageBytes = this.#arena.take(image.width * image.height * 3);
    this.#unpack(graph, image.width * image.height);
    this.#arena.give(this.#imageBytes);
    for (const [index, layer] of graph.layers.entries()) {
      this.#place(layer, (name) => lastUses.get(name) === index);
    }
    for (const [name, { value, as }] of graph.outputs) this.#output(name, value, as);
  }

  get bytes(): number {
    return this.#arena.end;
  }

  writeWeights(): void {
    const { buffer } = this.#kernels.memory;
    for (const { at, weight } of this.#packed.values()) {
      weight.write(new Float32Array(buffer, at, weight.length));
    }
  }

  run(rgb: Uint8Array): Map<string, Float32Array> {
    new Uint8Array(this.#kernels.memory.buffer, this.#imageBytes, rgb.length).set(rgb);
    for (const step of this.#steps) step();
    return new Map([...this.#readers].map(([name, read]) => [name, read()]));
  }

  /** Finds room for a layer's weights, and the shape of what it gives. */
  #prepare(layer: Layer): Shape {
    const input = this.#shape(layer.input);
    switch (layer.kind) {
      case 'convolution':
        return this.#prepareConvolution(layer, input);
      case 'mean':
        return { ...input, height: 1, width: 1 };
      case 'scale': {
        const gate = this.#shape(layer.gate);
        check(layer, gate.height * gate.width === 1 && gate.channels === input.channels);
        return input;
      }
      case 'add': {
        const other = this.#shape(layer.other);
        check(layer, pixels(other) === pixels(input) && other.channels === input.channels);
        return input;
      }
      case 'activation':
        return input;
    }
  }

  #prepareConvolution(layer: Layer & { kind: 'convolution' }, input: Shape): Shape {
    const { filter, bias, depthwise, stride, padding } = layer;
    const [height, width, inputs, multiple] = this.#weights.shape(filter);
    check(layer, height === width && inputs === input.channels);
    const outputs = depthwise ? inputs! : multiple!;
    check(layer, !depthwise || (multiple === 1 && input.pixelBytes === pixelBytesOf(outputs)));
    check(layer, bias === undefined || this.#weights.shape(bias).join() === `${outputs}`);
    this.#pack(filter, () =>
      depthwise
        ? packRows(this.#weights, filter)
        : packFilter(this.#weights, filter, input.pixelBytes / FLOAT_BYTES),
    );
    this.#pack(biasName(bias, outputs), () =>
      bias === undefined
        ? { length: paddedChannels(outputs), write: (to) => to.fill(0) }
        : packRows(this.#weights, bias),
    );
    const side = (length: number) => Math.floor((length + 2 * padding - height!) / stride) + 1;
    return {
      height: side(input.height),
      width: side(input.width),
      channels: outputs,
      pixelBytes: pixelBytesOf(outputs),
    };
  }

  /** Once, whichever layers share it. */
  #pack(name: string, pack: () => PackedWeight): void {
    if (this.#packed.has(name)) return;
    const weight = pack();
    this.#packed.set(name, { at: this.#arena.take(weight.length * FLOAT_BYTES), weight });
  }

  #unpack(graph: Graph, count: number): void {
    const offset = graph.offset === undefined ? [0, 0, 0] : this.#weights.read(graph.offset);
    const [red, green, blue] = offset as [number, number, number];
    const bytes = this.#imageBytes;
    const out = this.#arena.take(count * IMAGE_CHANNELS * FLOAT_BYTES);
    this.#places.set(graph.input, out);
    this.#steps.push(() => this.#kernels.unpackImage(bytes, count, red, green, blue, out));
  }

  /** Finds room for what a layer gives, and says how it is computed. */
  #place(layer: Layer, isLastUse: (name: string) => boolean): void {
    const shape = this.#shape(layer.output);
    const operands = operandsOf(layer);
    const inPlace =
      layer.kind === 'convolution' || layer.kind === 'mean'
        ? undefined
        : [layer.input, ...(layer.kind === 'add' ? [layer.other] : [])].find(isLastUse);
    const out =
      inPlace === undefined ? this.#arena.take(sizeOf(shape)) : this.#places.get(inPlace)!;
    this.#places.set(layer.output, out);
    this.#steps.push(this.#step(layer, shape, out));
    for (const name of operands) {
      if (name !== inPlace && isLastUse(name)) this.#arena.give(this.#places.get(name)!);
    }
  }

  #step(layer: Layer, shape: Shape, out: number): () => void {
    const kernels = this.#kernels;
    const from = this.#shape(layer.input);
    const input = this.#places.get(layer.input)!;
    switch (layer.kind) {
      case 'convolution':
        return this.#convolution(layer, from, input, shape, out);
      case 'mean': {
        const scratch = this.#arena.take(from.pixelBytes);
        this.#arena.give(scratch);
        return () => kernels.meanOfPixels(input, pixels(from), from.pixelBytes, scratch, out);
      }
      case 'scale': {
        const gate = this.#places.get(layer.gate)!;
        return () => kernels.scaleChannels(input, gate, pixels(from), from.pixelBytes, out);
      }
      case 'add': {
        const other = this.#places.get(layer.other)!;
        return () => kernels.add(input, other, sizeOf(shape), out);
      }
      case 'activation': {
        const activation = ACTIVATIONS[layer.activation];
        return () => kernels.activate(input, sizeOf(shape), out, activation);
      }
    }
  }

  #convolution(
    { filter, bias, depthwise, stride, padding, activation: name }: Layer & { kind: 'convolution' },
    from: Shape,
    input: number,
    { height, width, channels, pixelBytes }: Shape,
    out: number,
  ): () => void {
    const kernels = this.#kernels;
    const weights = this.#packed.get(filter)!.at;
    const biases = this.#packed.get(biasName(bias, channels))!.at;
    const activation = ACTIVATIONS[name];
    const size = this.#weights.shape(filter)[0]!;
    const panels = pixelBytes / (PANEL * FLOAT_BYTES);
    const geometry = [from.height, from.width, from.pixelBytes, size, stride, padding] as const;
    if (depthwise) {
      return () =>
        kernels.convolveDepthwise(
          ...([input, ...geometry, weights, biases, out, height, width, activation] as const),
        );
    }
    if (size === 1 && stride === 1 && padding === 0) {
      const depth = from.pixelBytes / FLOAT_BYTES;
      return () =>
        kernels.multiply(
          ...([input, pixels(from), from.pixelBytes, depth, weights, biases, panels] as const),
          ...([out, pixelBytes, activation] as const),
        );
    }
    const scratch = this.#arena.take(width * size * size * from.pixelBytes);
    this.#arena.give(scratch);
    return () =>
      kernels.convolve(
        ...([input, ...geometry, weights, biases, panels, scratch] as const),
        ...([out, height, width, pixelBytes, activation] as const),
      );
  }

  #output(name: string, value: string, as: 'vector' | 'map'): void {
    const shape = this.#shape(value);
    const { height, width, channels, pixelBytes } = shape;
    const stride = pixelBytes / FLOAT_BYTES;
    const at = this.#places.get(value)!;
    if (as === 'vector' && pixels(shape) !== 1) throw new Error(`"${name}" is not one vector`);
    this.outputs.set(name, as === 'vector' ? [1, channels] : [1, channels, height, width]);
    this.#readers.set(name, () => {
      const values = new Float32Array(this.#kernels.memory.buffer, at, sizeOf(shape) / FLOAT_BYTES);
      const count = pixels(shape);
      return Float32Array.from(
        { length: channels * count },
        (_, i) => values[(i % count) * stride + Math.floor(i / count)]!,
      );
    });
  }

  #shape(name: string): Shape {
    return this.#shapes.get(name)!;
  }
}

/** The place among the layers where each value is used last; outputs are never used up. */
function lastUsesOf({ layers, outputs }: Graph): Map<string, number> {
  const uses = new Map<string, number>();
  for (const [index, layer] of layers.entries()) {
    for (const name of operandsOf(layer)) uses.set(name, index);
  }
  for (const { value } of outputs.values()) uses.delete(value);
  return uses;
}

function operandsOf(layer: Layer): string[] {
  const names = [
    layer.input,
    ...(layer.kind === 'scale' ? [layer.gate] : layer.kind === 'add' ? [layer.other] : []),
  ];
  return [...new Set(names)];
}

/** Convolutions without a bias share zeros. */
function biasName(bias: string | undefined, channels: number): string {
  return bias ?? `zeros of ${paddedChannels(channels)}`;
}

function pixelBytesOf(channels: number): number {
  return paddedChannels(channels) * FLOAT_BYTES;
}

function pixels({ height, width }: Shape): number {
  return height * width;
}

function sizeOf(shape: Shape): number {
  return pixels(shape) * shape.pixelBytes;
}

function check(layer: Layer, holds: boolean): void {
  if (!holds) throw new Error(`the shapes of the graph do not fit at "${layer.output}"`);
}
