import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/random.ts';
import {
  createResidualDistance,
  type FeatureSubspace,
  readFeatureSubspace,
} from './feature-subspace.ts';

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const kernels = new WebAssembly.Module(readFileSync(wasm));

/** Mean (0.6, 0, 0) and the second axis, of three features. */
const numbers = Float32Array.of(0.6, 0, 0, 0, 1, 0);
const bytes = new Uint8Array(numbers.buffer);
const subspace = readFeatureSubspace(bytes, { features: 3, components: 1 });

describe('createResidualDistance', () => {
  const residualDistance = createResidualDistance(subspace, kernels);

  it('is what of the scaled features lies off the subspace', () => {
    // (3, 4, 0) is (0.6, 0.8, 0) at length 1: off the mean only along the second axis.
    expect(residualDistance(Float32Array.of(3, 4, 0))).toBeCloseTo(0, 6);
    // (0, 0, 5): 0.6² along the first axis and 1 along the third.
    expect(residualDistance(Float32Array.of(0, 0, 5))).toBeCloseTo(1.36, 6);
  });

  it('does not change with the length of the features', () => {
    const features = Float32Array.of(1, -2, 3);
    const longer = features.map((value) => 70 * value);
    expect(residualDistance(longer)).toBeCloseTo(residualDistance(features), 6);
  });

  it('is defined for features of length 0, and refuses others than the subspace has', () => {
    expect(residualDistance(new Float32Array(3))).toBeCloseTo(0.36, 6);
    expect(() => residualDistance(new Float32Array(4))).toThrow('4 features');
  });

  it('is the definition in float64, whatever the number of features and components', () => {
    const sizes = { features: fc.integer({ min: 1, max: 80 }), components: fc.nat({ max: 9 }) };
    fc.assert(
      fc.property(fc.record({ seed: fc.nat(), ...sizes }), ({ seed, features, components }) => {
        const any = randomSubspace(features, Math.min(features, components), seed);
        const random = createRandom(seed + 1);
        const given = Float32Array.from({ length: features }, () => random.normal());
        expect(createResidualDistance(any, kernels)(given)).toBeCloseTo(exact(given, any), 5);
      }),
      { numRuns: 200 },
    );
  });
});

it('refuses a subspace of another size', () => {
  expect(() => readFeatureSubspace(bytes, { features: 3, components: 2 })).toThrow('36 bytes');
});

/** Any mean, and orthonormal rows in any directions (Gram-Schmidt). */
function randomSubspace(features: number, components: number, seed: number): FeatureSubspace {
  const random = createRandom(seed);
  const normal = () => Array.from({ length: features }, () => random.normal());
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const rows: number[][] = [];
  while (rows.length < components) {
    let row = normal();
    for (const other of [...rows, ...rows]) {
      const along = dot(row, other);
      row = row.map((value, i) => value - along * other[i]!);
    }
    const length = Math.sqrt(dot(row, row));
    rows.push(row.map((value) => value / length));
  }
  const mean = normal().map((value) => value / Math.sqrt(features));
  return { mean: Float32Array.from(mean), basis: Float32Array.from(rows.flat()) };
}

function exact(features: Float32Array, { mean, basis }: FeatureSubspace): number {
  const length = Math.hypot(...features);
  const centred = Array.from(features, (value, i) => value / length - mean[i]!);
  let outside = centred.reduce((sum, value) => sum + value ** 2, 0);
  for (let row = 0; row < basis.length; row += mean.length) {
    outside -= centred.reduce((sum, value, i) => sum + value * basis[row + i]!, 0) ** 2;
  }
  return Math.max(0, outside);
}
