import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createResidualDistance, readFeatureSubspace } from '@naevus/shared/model/feature-subspace';
import { createRandom } from '@naevus/shared/statistics/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { fitFeatureSubspace, serializeFeatureSubspace } from './feature-subspace.ts';

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const kernels = new WebAssembly.Module(readFileSync(wasm));

const SIZE = 40;
const random = createRandom(2);
const directions = Array.from({ length: 3 }, () =>
  Float32Array.from({ length: SIZE }, () => random.normal()),
);

/** A positive mixture of three directions, and a little of everything. */
function features(noise: number): Float32Array {
  const weights = directions.map(() => 1 + random.next());
  return Float32Array.from(
    { length: SIZE },
    (_, i) =>
      directions.reduce((sum, direction, k) => sum + weights[k]! * direction[i]!, 0) +
      noise * random.normal(),
  );
}

beforeAll(async () => {
  await tf.setBackend('wasm');
});

it('spans what the features share: others are far off', () => {
  const subspace = fitFeatureSubspace(
    Array.from({ length: 200 }, () => features(0.02)),
    4,
  );
  expect(subspace.basis).toHaveLength(4 * SIZE);
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b <= a; b++) {
      const product = subspace.basis
        .subarray(a * SIZE, (a + 1) * SIZE)
        .reduce((sum, value, i) => sum + value * subspace.basis[b * SIZE + i]!, 0);
      expect(product).toBeCloseTo(a === b ? 1 : 0, 4);
    }
  }
  const residualDistance = createResidualDistance(subspace, kernels);
  const near = residualDistance(features(0.02));
  const far = residualDistance(Float32Array.from({ length: SIZE }, () => random.normal()));
  expect(near).toBeLessThan(0.01);
  expect(far).toBeGreaterThan(0.5);

  const bytes = new Uint8Array(serializeFeatureSubspace(subspace));
  expect(readFeatureSubspace(bytes, { features: SIZE, components: 4 })).toEqual(subspace);
});

it('has no more components than there are images', () => {
  const few = fitFeatureSubspace([features(0.1), features(0.1)], 8);
  expect(few.basis.length / SIZE).toBe(2);
  expect(few.basis.every(Number.isFinite)).toBe(true);
});
