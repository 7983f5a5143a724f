import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/random.ts';
import type { CaseIndex } from './case-index.ts';
import { createCaseSearch } from './find-similar-cases.ts';

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const kernels = new WebAssembly.Module(readFileSync(wasm));

const LABELS = 3;

function randomIndex(count: number, features: number, dimensions: number, seed: number): CaseIndex {
  const random = createRandom(seed);
  return {
    projection: Float32Array.from({ length: features * dimensions }, () => random.normal() / 8),
    rows: Int8Array.from({ length: count * dimensions }, () => Math.round(40 * random.normal())),
    cases: Array.from({ length: count }, (_, i) => ({
      imageId: `image-${i}`,
      lesionId: null,
      label: i % 5 === 0 ? 0 : 1,
      confirmedBy: 'unknown',
      pictureBytes: 0,
    })),
  };
}

/** The definition, in float64. */
function exact({ projection, rows, cases }: CaseIndex, image: Float32Array): number[] {
  const dimensions = rows.length / cases.length;
  const cosine = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0) /
    (Math.hypot(...a) * Math.hypot(...b) || 1);
  const projected = Array.from({ length: dimensions }, (_, row) =>
    image.reduce((sum, value, i) => sum + value * projection[row * image.length + i]!, 0),
  );
  return cases.map((_, i) =>
    cosine([...rows.subarray(i * dimensions, (i + 1) * dimensions)], projected),
  );
}

describe('createCaseSearch', () => {
  it('finds what comparing with every case in float64 finds, whatever the sizes', () => {
    const sizes = fc.record({
      seed: fc.nat(),
      count: fc.integer({ min: 1, max: 60 }),
      features: fc.integer({ min: 1, max: 40 }),
      dimensions: fc.constantFrom(16, 32, 64),
      wanted: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(sizes, ({ seed, count, features, dimensions, wanted }) => {
        const index = randomIndex(count, features, dimensions, seed);
        const random = createRandom(seed + 1);
        const image = Float32Array.from({ length: features }, () => random.normal());
        const expected = exact(index, image);
        const { nearest, nearestByLabel } = createCaseSearch(index, kernels, LABELS)(image, wanted);
        const ordered = expected.toSorted((a, b) => b - a);
        expect(nearest).toHaveLength(Math.min(wanted, count));
        for (const [rank, { position, similarity }] of nearest.entries()) {
          expect(similarity).toBeCloseTo(expected[position]!, 3);
          expect(similarity).toBeCloseTo(ordered[rank]!, 3);
        }
        expect(new Set(nearest.map(({ position }) => position)).size).toBe(nearest.length);
        for (const label of [0, 1]) {
          const of = expected.filter((_, i) => index.cases[i]!.label === label);
          const found = nearestByLabel[label];
          if (of.length === 0) expect(found).toBeUndefined();
          else expect(found!.similarity).toBeCloseTo(Math.max(...of), 3);
        }
        expect(nearestByLabel[2]).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('gives a case itself a similarity of 1, and the earlier of two that are alike', () => {
    const index = randomIndex(40, 16, 16, 7);
    const identity = Float32Array.from({ length: 256 }, (_, i) => (i % 17 === 0 ? 1 : 0));
    const twin = index.rows.subarray(16 * 11, 16 * 12);
    index.rows.set(twin, 16 * 30);
    const find = createCaseSearch({ ...index, projection: identity }, kernels, LABELS);
    const { nearest } = find(Float32Array.from(twin), 2);
    expect(nearest.map(({ position }) => position)).toEqual([11, 30]);
    expect(nearest[0]!.similarity).toBeCloseTo(1, 4);
  });

  it('is defined for features of length 0, and refuses others than the index has', () => {
    const find = createCaseSearch(randomIndex(5, 4, 16, 1), kernels, LABELS);
    expect(find(new Float32Array(4), 3).nearest.map(({ similarity }) => similarity)).toEqual([
      0, 0, 0,
    ]);
    expect(() => find(new Float32Array(5), 3)).toThrow('5 features');
  });
});
