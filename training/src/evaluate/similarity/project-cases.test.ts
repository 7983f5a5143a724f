import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createCaseSearch } from '@naevus/shared/model/find-similar-cases';
import { createRandom } from '@naevus/shared/statistics/random';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { CASE_DIMENSIONS, projectCases } from './project-cases.ts';

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const kernels = new WebAssembly.Module(readFileSync(wasm));

const SIZE = 100;
const random = createRandom(3);
const directions = Array.from({ length: 20 }, () =>
  Float32Array.from({ length: SIZE }, () => random.normal()),
);

/** Features that vary in 20 directions of 100. */
function features(): Float32Array {
  const weights = directions.map(() => random.next() ** 3);
  return Float32Array.from({ length: SIZE }, (_, i) =>
    directions.reduce((sum, direction, k) => sum + weights[k]! * direction[i]!, 0),
  );
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

function searchOf(cases: readonly Float32Array[]) {
  const entries = cases.map((_, i) => ({
    ...{ imageId: String(i), lesionId: null, label: 0, pictureBytes: 0 },
    confirmedBy: 'unknown' as const,
  }));
  return createCaseSearch({ ...projectCases(cases), cases: entries }, kernels, 1);
}

beforeAll(async () => {
  await tf.setBackend('wasm');
});

it('keeps the angles between features', () => {
  const cases = Array.from({ length: 300 }, features);
  const search = searchOf(cases);
  for (let i = 0; i < 20; i++) {
    const image = features();
    for (const { position, similarity } of search(image, 10).nearest) {
      expect(similarity).toBeCloseTo(cosine(image, cases[position]!), 2);
    }
  }
});

it('takes fewer cases than dimensions, and features of length 0', () => {
  const cases = [features(), features(), new Float32Array(SIZE)];
  expect(projectCases(cases).rows).toHaveLength(3 * CASE_DIMENSIONS);
  const found = searchOf(cases)(cases[1]!, 3).nearest;
  expect(found.map(({ position }) => position)).toEqual([1, 0, 2]);
  expect(found[0]!.similarity).toBeCloseTo(1, 2);
  expect(found[2]!.similarity).toBe(0);
});
