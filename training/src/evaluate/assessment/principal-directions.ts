import { createRandom } from '@naevus/shared/statistics/random';
import * as tf from '@tensorflow/tfjs-core';

/** Rounds of subspace iteration; more of them change the subspace by next to nothing. */
const ITERATIONS = 8;

/**
 * Orthonormal rows that span the main directions of some vectors, by subspace iteration on the matrix of their
 * second moments (Golub, Van Loan, "Matrix Computations", section 8.2.4). Of centred vectors they are the
 * principal components. Which basis of the subspace comes out is left open. Deterministic on one machine; the
 * products are computed by tfjs's current backend.
 *
 * @param vectors [vector, size]
 * @param rank at most `size`
 * @returns [rank, size]
 */
export function principalDirections(
  vectors: Float32Array,
  size: number,
  rank: number,
): Float32Array {
  const random = createRandom(1);
  let basis = Float32Array.from({ length: rank * size }, () => random.normal());
  const moments = tf.tidy(() => {
    const rows = tf.tensor2d(vectors, [vectors.length / size, size]);
    return tf.matMul<tf.Tensor2D>(rows, rows, true, false);
  });
  for (let round = 0; round < ITERATIONS; round++) {
    orthonormalize(basis, size);
    basis = tf.tidy(() =>
      tf
        .matMul(tf.tensor2d(basis, [rank, size]), moments)
        .dataSync<'float32'>()
        .slice(),
    );
  }
  moments.dispose();
  orthonormalize(basis, size);
  return basis;
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
