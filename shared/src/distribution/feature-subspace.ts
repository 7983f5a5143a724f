import type { Manifest } from '../artifact/manifest.ts';
import { type ArtifactSource, loadFile, type Sha256 } from '../artifact/verify.ts';

/** Where the features of the training images lie: the span of their principal components around their mean. */
export interface FeatureSubspace {
  /** [feature]; of features scaled to length 1. */
  readonly mean: Float32Array;
  /** [component, feature], orthonormal rows. */
  readonly basis: Float32Array;
}

/**
 * The subspace of a version, held against its hash; undefined where the version has none.
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
 * How far a picture is from what the network was trained on: the squared length of that part of its
 * features, scaled to length 1, which the subspace does not hold (the residual of Wang et al. 2022, "ViM:
 * Out-Of-Distribution with Virtual-logit Matching", section 4.1).
 *
 * @param features what the network's global average pooling gives, one number a feature
 * @returns 0 (inside) to about 4
 * @throws RangeError when there are not as many features as the subspace has
 */
export function residualDistance(features: Float32Array, { mean, basis }: FeatureSubspace): number {
  const size = mean.length;
  if (features.length !== size) {
    throw new RangeError(`${features.length} features where the subspace has ${size}`);
  }
  let squared = 0;
  for (let i = 0; i < size; i++) squared += features[i]! * features[i]!;
  const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0;
  const centred = new Float32Array(size);
  let outside = 0;
  for (let i = 0; i < size; i++) {
    const value = features[i]! * scale - mean[i]!;
    centred[i] = value;
    outside += value * value;
  }
  let row = 0;
  // Two components at once, each as two sums, as each addition waits for the one before it.
  for (; row + size < basis.length; row += 2 * size) {
    const next = row + size;
    let even = 0;
    let odd = 0;
    let nextEven = 0;
    let nextOdd = 0;
    for (let i = 0; i + 1 < size; i += 2) {
      const a = centred[i]!;
      const b = centred[i + 1]!;
      even += basis[row + i]! * a;
      odd += basis[row + i + 1]! * b;
      nextEven += basis[next + i]! * a;
      nextOdd += basis[next + i + 1]! * b;
    }
    if (size % 2 === 1) {
      even += basis[row + size - 1]! * centred[size - 1]!;
      nextEven += basis[next + size - 1]! * centred[size - 1]!;
    }
    outside -= (even + odd) ** 2 + (nextEven + nextOdd) ** 2;
  }
  if (row < basis.length) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += basis[row + i]! * centred[i]!;
    outside -= sum ** 2;
  }
  return Math.max(0, outside);
}
