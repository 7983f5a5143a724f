/// <reference path="../wasm/webassembly.d.ts" />
import { growTo, layOut } from '../wasm/wasm-memory.ts';
import type { CaseIndex } from './case-index.ts';

/** A case of the index, and how like the image it is. */
export interface SimilarCase {
  /** Its position in the index. */
  readonly position: number;
  /** Cosine of the angle between the projected features, -1 to 1. */
  readonly similarity: number;
}

export interface SimilarCases {
  /** The most similar first; of equally similar ones the first in the index. */
  readonly nearest: readonly SimilarCase[];
  /** The most similar case of each label, by the label's position; undefined where the index has none. */
  readonly nearestByLabel: readonly (SimilarCase | undefined)[];
}

/**
 * The cases whose features are most like those of an image: an exact search through all of them.
 *
 * Takes what the network's global average pooling gives, one number a feature, and how many cases are wanted;
 * throws a RangeError when there are not as many features as the index has.
 */
export type FindSimilarCases = (features: Float32Array, count: number) => SimilarCases;

/** What the kernels export. All pointers are byte addresses in `memory`. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  multiplyRows(matrix: number, rows: number, length: number, vector: number, out: number): void;
  multiplyByteRows(rows: number, count: number, length: number, query: number, out: number): void;
}

/** What the kernels read at a time. */
const SLACK = 32;
const LANES = 8;
const LARGEST_INT16 = 32767;

/**
 * Puts an index into the memory of a module that searches it, with the same result on every engine.
 *
 * @param module `@naevus/shared/kernels.wasm`, compiled the way the runtime allows
 * @param labelCount labels of the version
 */
export function createCaseSearch(
  { projection, rows, cases }: CaseIndex,
  module: WebAssembly.Module,
  labelCount: number,
): FindSimilarCases {
  const dimensions = rows.length / cases.length;
  const features = projection.length / dimensions;
  const kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
  const { memory } = kernels;

  const length = Math.ceil(features / LANES) * LANES;
  const layout = layOut(SLACK);
  const vectorAt = layout.place(4 * length);
  const projectionAt = layout.place(4 * length * dimensions);
  const projectedAt = layout.place(4 * dimensions);
  const queryAt = layout.place(2 * dimensions);
  const rowsAt = layout.place(rows.length);
  const productsAt = layout.place(4 * cases.length);
  growTo(memory, layout.end);
  const vector = new Float32Array(memory.buffer, vectorAt, features);
  const projected = new Float32Array(memory.buffer, projectedAt, dimensions);
  const query = new Int16Array(memory.buffer, queryAt, dimensions);
  const products = new Int32Array(memory.buffer, productsAt, cases.length);
  new Int8Array(memory.buffer, rowsAt).set(rows);
  for (let row = 0; row < dimensions; row++) {
    new Float32Array(memory.buffer, projectionAt + 4 * row * length).set(
      projection.subarray(row * features, (row + 1) * features),
    );
  }
  const inverseLengths = Float64Array.from(cases, (_, i) =>
    inverseLength(rows.subarray(i * dimensions, (i + 1) * dimensions)),
  );
  // Beside each other: a network's run before has taken the cases themselves out of the processor's caches.
  const labels = Uint8Array.from(cases, ({ label }) => label);

  return (image, count) => {
    if (image.length !== features) {
      throw new RangeError(`${image.length} features where the index has ${features}`);
    }
    vector.set(image);
    kernels.multiplyRows(projectionAt, dimensions, length, vectorAt, projectedAt);
    const largest = projected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = largest > 0 ? LARGEST_INT16 / largest : 0;
    for (let i = 0; i < dimensions; i++) query[i] = Math.round(projected[i]! * scale);
    kernels.multiplyByteRows(rowsAt, cases.length, dimensions, queryAt, productsAt);

    const nearest: SimilarCase[] = [];
    const best = new Int32Array(labelCount).fill(-1);
    const bestSimilarity = new Float64Array(labelCount).fill(Number.NEGATIVE_INFINITY);
    let least = Number.NEGATIVE_INFINITY;
    for (let position = 0; position < cases.length; position++) {
      const similarity = products[position]! * inverseLengths[position]!;
      const label = labels[position]!;
      if (similarity > bestSimilarity[label]!) {
        bestSimilarity[label] = similarity;
        best[label] = position;
      }
      if (similarity <= least) continue;
      insert(nearest, { position, similarity }, count);
      if (nearest.length === count) least = nearest.at(-1)!.similarity;
    }
    const queryInverse = inverseLength(query);
    return {
      nearest: nearest.map(({ position, similarity }) => ({
        position,
        similarity: similarity * queryInverse,
      })),
      nearestByLabel: Array.from(best, (position, label) =>
        position < 0 ? undefined : { position, similarity: bestSimilarity[label]! * queryInverse },
      ),
    };
  };
}

/** Keeps the list sorted and at most `count` long. */
function insert(nearest: SimilarCase[], found: SimilarCase, count: number): void {
  let at = nearest.length;
  while (at > 0 && nearest[at - 1]!.similarity < found.similarity) at--;
  nearest.splice(at, 0, found);
  if (nearest.length > count) nearest.pop();
}

function inverseLength(vector: ArrayLike<number>): number {
  let squared = 0;
  for (let i = 0; i < vector.length; i++) squared += vector[i]! * vector[i]!;
  return squared > 0 ? 1 / Math.sqrt(squared) : 0;
}
