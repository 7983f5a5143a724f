import { describe, expect, it } from 'vitest';
import { readFeatureSubspace, residualDistance } from './feature-subspace.ts';

/** Mean (0.6, 0, 0) and the second axis, of three features. */
const numbers = Float32Array.of(0.6, 0, 0, 0, 1, 0);
const bytes = new Uint8Array(numbers.buffer);
const subspace = readFeatureSubspace(bytes, { features: 3, components: 1 });

describe('residualDistance', () => {
  it('is what of the scaled features lies off the subspace', () => {
    // (3, 4, 0) is (0.6, 0.8, 0) at length 1: off the mean only along the second axis.
    expect(residualDistance(Float32Array.of(3, 4, 0), subspace)).toBeCloseTo(0, 6);
    // (0, 0, 5): 0.6² along the first axis and 1 along the third.
    expect(residualDistance(Float32Array.of(0, 0, 5), subspace)).toBeCloseTo(1.36, 6);
  });

  it('does not change with the length of the features', () => {
    const features = Float32Array.of(1, -2, 3);
    const longer = features.map((value) => 70 * value);
    expect(residualDistance(longer, subspace)).toBeCloseTo(residualDistance(features, subspace), 6);
  });

  it('is defined for features of length 0, and refuses others than the subspace has', () => {
    expect(residualDistance(new Float32Array(3), subspace)).toBeCloseTo(0.36, 6);
    expect(() => residualDistance(new Float32Array(4), subspace)).toThrow('4 features');
  });
});

it('refuses a subspace of another size', () => {
  expect(() => readFeatureSubspace(bytes, { features: 3, components: 2 })).toThrow('36 bytes');
});
