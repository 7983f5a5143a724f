import { CLASS_COUNT } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { expect, it } from 'vitest';
import { comparisonParts } from './comparison-parts.ts';
import type { TechniqueRun } from './technique-run.ts';

const strata = [1, CLASS_COUNT + 2, 0, 2 * CLASS_COUNT + 1];
const lesions = ['a', 'b', null, 'c'];
const row = (i: number) => new Array<number>(CLASS_COUNT).fill(i);
const run: TechniqueRun = {
  technique: 'x',
  digest: 'd',
  assumedPrior: row(1 / CLASS_COUNT),
  seeds: [{ seed: 1, logits: [0, 1, 2, 3].map(row) }],
};

it('compares on all images, at home, abroad and by source', () => {
  const [all, home, abroad, ...bySource] = comparisonParts([run], strata, lesions, ['a', 'b', 'c']);
  expect(all).toMatchObject({ name: 'all', labels: [1, 2, 0, 1], runs: [run] });
  expect(home).toMatchObject({ name: 'home', labels: [1, 0], lesions: ['a', null] });
  expect(home!.runs[0]!.seeds[0]!.logits).toEqual([0, 2].map(row));
  expect(abroad).toMatchObject({ name: 'abroad', labels: [2, 1], lesions: ['b', 'c'] });
  expect(abroad!.runs[0]!.seeds[0]!.logits).toEqual([1, 3].map(row));
  expect(bySource).toMatchObject([
    { name: 'b', labels: [2], lesions: ['b'] },
    { name: 'c', labels: [1], lesions: ['c'] },
  ]);
});

it('compares once where there is one source', () => {
  const parts = comparisonParts([run], [0, 1, 2, 3], lesions, ['']);
  expect(parts.map(({ name }) => name)).toEqual(['all']);
});
