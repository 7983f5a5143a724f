/// <reference path="../wasm/webassembly.d.ts" />
import type { Manifest } from './manifest.ts';
import { type ArtifactSource, loadFile, type Sha256 } from './verify.ts';

/** Where the features of the training images lie: the span of their principal components around their mean. */
export interface FeatureSubspace {
  /** [feature]; of features scaled to length 1. */
  readonly mean: Float32Array;
  /** [component, feature], orthonormal rows. */
  readonly basis: Float32Array;
}

/**
 * The subspace of a version, verified against its hash; undefined where the version has none.
 *
 * @throws ArtifactError as `loadFile`
 * @throws RangeError as {@link readFeatureSubspace}
 */
export async function loadFeatureSubspace(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files' | 'assessment'>,
  sha256?: Sha256,
): Promise<FeatureSubspace | undefined> {
  const spec = manifest.assessment?.outOfDistribution;
  if (spec === undefined) return undefined;
  return readFeatureSubspace(await loadFile(source, manifest, spec.path, sha256), spec);
}

/**
 * Reads a subspace: little-endian float32, the mean and then the components, one after another.
 *
 * @throws RangeError when the bytes are not `(components + 1) * features` numbers
 */
export function readFeatureSubspace(
  bytes: Uint8Array<ArrayBuffer>,
  { features, components }: { readonly features: number; readonly components: number },
): FeatureSubspace {
  const count = (components + 1) * features;
  if (bytes.length !== 4 * count) {
    throw new RangeError(
      `a subspace of ${components} components of ${features} features has ${4 * count} bytes, not ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  return { mean: values.subarray(0, features), basis: values.subarray(features) };
}

/**
 * How far an image is from what the network was trained on: the squared length of that part of its
 * features, scaled to length 1, which the subspace does not hold (the residual of Wang et al. 2022, "ViM:
 * Out-Of-Distribution with Virtual-logit Matching", section 4.1).
 *
 * Takes what the network's global average pooling gives, one number a feature; gives 0 (inside) to about 4.
 */
export type ResidualDistance = (features: Float32Array) => number;

/** What `assembly/feature-subspace.ts` exports. All pointers are byte addresses in `memory`. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  multiplyRows(matrix: number, rows: number, length: number, vector: number, out: number): void;
}

/** Rows, and numbers of each, that the kernel takes at a time. */
const ROWS = 4;
const LANES = 8;
const WASM_PAGE = 1 << 16;

/**
 * Puts the subspace into the memory of a module that takes its products, with the same bits on every engine.
 *
 * @param module `@naevus/shared/kernels.wasm`, compiled the way the runtime allows
 * @returns a function that throws a RangeError when there are not as many features as the subspace has
 */
export function createResidualDistance(
  { mean, basis }: FeatureSubspace,
  module: WebAssembly.Module,
): ResidualDistance {
  const size = mean.length;
  const components = basis.length / size;
  const { memory, multiplyRows } = new WebAssembly.Instance(module).exports as unknown as Kernels;
  // The vector, the matrix, the products: each row ends in zeros, and rows of zeros follow the last.
  const length = Math.ceil(size / LANES) * LANES;
  const rows = Math.ceil(components / ROWS) * ROWS;
  const matrixAt = 4 * length;
  const productsAt = matrixAt * (1 + rows);
  memory.grow(Math.ceil((productsAt + 4 * rows) / WASM_PAGE));
  const centred = new Float32Array(memory.buffer, 0, size);
  const products = new Float32Array(memory.buffer, productsAt, components);
  for (let row = 0; row < components; row++) {
    const rowAt = matrixAt + 4 * row * length;
    new Float32Array(memory.buffer, rowAt).set(basis.subarray(row * size, (row + 1) * size));
  }

  return (features) => {
    if (features.length !== size) {
      throw new RangeError(`${features.length} features where the subspace has ${size}`);
    }
    let squared = 0;
    for (let i = 0; i < size; i++) squared += features[i]! * features[i]!;
    const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0;
    let outside = 0;
    for (let i = 0; i < size; i++) {
      const value = features[i]! * scale - mean[i]!;
      centred[i] = value;
      outside += value * value;
    }
    multiplyRows(matrixAt, rows, length, 0, productsAt);
    for (let row = 0; row < components; row++) outside -= products[row]! ** 2;
    return Math.max(0, outside);
  };
}
