/** How `model.json` describes a weight. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string };
}

const BYTES = { float32: 4, int32: 4, float16: 2 } as const;

/** The weights of a graph model, read one by one out of its shards; the shards are one run of bytes. */
export class Weights {
  readonly #shards: readonly Uint8Array[];
  readonly #places = new Map<
    string,
    { spec: WeightSpec; stored: keyof typeof BYTES; at: number }
  >();
  #float16: Float32Array | undefined;

  /** @throws Error when the shards have not as many bytes as the weights, or are stored in a way that is not read */
  constructor(specs: readonly WeightSpec[], shards: readonly Uint8Array[]) {
    this.#shards = shards;
    let at = 0;
    for (const spec of specs) {
      const stored = (spec.quantization?.dtype ?? spec.dtype) as keyof typeof BYTES;
      if (!(stored in BYTES)) throw new Error(`weights stored as ${stored} are not read`);
      this.#places.set(spec.name, { spec, stored, at });
      at += BYTES[stored] * size(spec.shape);
    }
    const bytes = shards.reduce((sum, shard) => sum + shard.length, 0);
    if (at !== bytes) throw new Error(`the weights are ${at} bytes, their shards ${bytes}`);
  }

  /** @throws Error when there is no such weight */
  shape(name: string): readonly number[] {
    return this.#place(name).spec.shape;
  }

  /** @throws Error when there is no such weight, or it is not of numbers with fractions */
  read(name: string): Float32Array {
    const { spec, stored, at } = this.#place(name);
    if (spec.dtype !== 'float32') throw new Error(`the weight "${name}" is ${spec.dtype}`);
    const count = size(spec.shape);
    const bytes = this.#bytes(at, count * BYTES[stored]);
    if (stored === 'float32') return new Float32Array(bytes.buffer);
    this.#float16 ??= float16Values();
    const table = this.#float16;
    return Float32Array.from(new Uint16Array(bytes.buffer), (bits) => table[bits]!);
  }

  #place(name: string) {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`the graph has no weight "${name}"`);
    return place;
  }

  /** A copy: a weight may lie in two shards, and where it begins need not be a multiple of its size. */
  #bytes(start: number, length: number): Uint8Array {
    const copy = new Uint8Array(length);
    let from = 0;
    for (const shard of this.#shards) {
      const part = shard.subarray(Math.max(0, start - from), Math.max(0, start + length - from));
      if (part.length > 0) copy.set(part, Math.max(0, from - start));
      from += shard.length;
    }
    return copy;
  }
}

export function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The number that each 16 bits stand for (IEEE 754-2019, binary16). */
function float16Values(): Float32Array {
  return Float32Array.from({ length: 1 << 16 }, (_, bits) => {
    const sign = bits >> 15 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}
