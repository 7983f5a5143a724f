import type { FeatureSubspace } from '@naevus/shared/model/feature-subspace';
import { createRandom } from '@naevus/shared/statistics/random';
import * as tf from '@tensorflow/tfjs-core';
import { littleEndianBytes } from '../../convert/little-endian.ts';

/** Principal components that span the subspace; chosen by measurement (README.md beside this file). */
export const SUBSPACE_COMPONENTS = 128;

/** Rounds of subspace iteration; more of them change the residuals by next to nothing. */
const ITERATIONS = 8;

/**
 * Spans the main directions of the training images' features, each scaled to length 1, by subspace
 * iteration on their covariance (Golub, Van Loan, "Matrix Computations", section 8.2.4). Which basis of
 * the subspace comes out does not matter: the residual is the same for all. Deterministic on one machine;
 * the products are computed by tfjs's current backend.
 *
 * @param features one vector an image, all of one length
 * @throws RangeError when there are no images
 */
export function fitFeatureSubspace(
  features: readonly Float32Array[],
  components = SUBSPACE_COMPONENTS,
): FeatureSubspace {
  const size = features[0]?.length;
  if (size === undefined) throw new RangeError('there are no features to fit a subspace to');
  const rank = Math.min(components, size, features.length);
  const count = features.length;
  const unit = new Float32Array(count * size);
  const mean = new Float64Array(size);
  for (const [row, vector] of features.entries()) {
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < size; i++) {
      const value = length > 0 ? vector[i]! / length : 0;
      unit[row * size + i] = value;
      mean[i]! += value / count;
    }
  }
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < size; i++) unit[row * size + i]! -= mean[i]!;
  }

  const random = createRandom(1);
  let basis = Float32Array.from({ length: rank * size }, () => random.normal());
  const covariance = tf.tidy(() => {
    const centred = tf.tensor2d(unit, [count, size]);
    return tf.matMul<tf.Tensor2D>(centred, centred, true, false);
  });
  for (let round = 0; round < ITERATIONS; round++) {
    orthonormalize(basis, size);
    basis = tf.tidy(() =>
      tf
        .matMul(tf.tensor2d(basis, [rank, size]), covariance)
        .dataSync<'float32'>()
        .slice(),
    );
  }
  covariance.dispose();
  orthonormalize(basis, size);
  return { mean: Float32Array.from(mean), basis };
}

/** The file that `readFeatureSubspace` reads. */
export function serializeFeatureSubspace({ mean, basis }: FeatureSubspace): Uint8Array {
  const all = new Float32Array(mean.length + basis.length);
  all.set(mean);
  all.set(basis, mean.length);
  return littleEndianBytes(all);
}

/** Modified Gram-Schmidt on the rows, in place; a row that the ones before it span becomes zero. */
function orthonormalize(basis: Float32Array, size: number): void {
  for (let start = 0; start < basis.length; start += size) {
    const row = basis.subarray(start, start + size);
    const before = Math.sqrt(dot(row, row));
    // Twice is enough (Giraud, Langou, Rozložník 2005).
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < start; other += size) {
        const direction = basis.subarray(other, other + size);
        const along = dot(row, direction);
        for (let i = 0; i < size; i++) row[i]! -= along * direction[i]!;
      }
    }
    const length = Math.sqrt(dot(row, row));
    const scale = length > 1e-6 * before ? 1 / length : 0;
    for (let i = 0; i < size; i++) row[i]! *= scale;
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
