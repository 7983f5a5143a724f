import type { FeatureSubspace } from '@naevus/shared/model/feature-subspace';
import { littleEndianBytes } from '../../convert/little-endian.ts';
import { principalDirections } from './principal-directions.ts';

/** Principal components that span the subspace; chosen by measurement (README.md beside this file). */
export const SUBSPACE_COMPONENTS = 128;

/**
 * Spans the main directions of the training images' features, each scaled to length 1, around their mean.
 * Which basis of the subspace comes out does not matter: the residual is the same for all.
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

  const basis = principalDirections(unit, size, rank);
  return { mean: Float32Array.from(mean), basis };
}

/** The file that `readFeatureSubspace` reads. */
export function serializeFeatureSubspace({ mean, basis }: FeatureSubspace): Uint8Array {
  const all = new Float32Array(mean.length + basis.length);
  all.set(mean);
  all.set(basis, mean.length);
  return littleEndianBytes(all);
}
