import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import type { Dataset, Sample } from '../load/dataset.ts';
import { type Fingerprints, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH } from './fingerprint.ts';
import { foldSplit, readFold } from './fold-split.ts';
import { splitDataset } from './split.ts';

/** Two images a lesion, and one photograph that lies under two lesion ids. */
const samples = LABELS.flatMap((label) =>
  Array.from(
    { length: 24 },
    (_, i): Sample => ({
      imageId: `${label}_${String(i).padStart(2, '0')}`,
      path: '',
      label,
      lesionId: `${label}_${i >> 1}`,
      metadata: {},
      sha256: i === 0 || i === 23 ? `same-${label}` : `${label}${i}`,
      source: 'x',
    }),
  ),
);
const dataset = {
  samples,
  others: [],
  sources: [],
  dataSha256: 'd'.repeat(64),
} as unknown as Dataset;
const random = createRandom(1);
const prints = new Map(
  samples.map(({ sha256 }) => [
    sha256,
    {
      sha256,
      dHash: [0, 1].map(() => random.uint32().toString(16).padStart(8, '0')).join(''),
      thumbnail: Uint8Array.from({ length: THUMBNAIL_WIDTH * THUMBNAIL_HEIGHT }, () =>
        random.integer(256),
      ),
    },
  ]),
);
const fingerprints: Fingerprints = new Map(
  samples.map(({ imageId, sha256 }) => [imageId, prints.get(sha256)!]),
);

describe('foldSplit', () => {
  const split = splitDataset(dataset, fingerprints, { seed: 3 });
  const members = [1, 2, 3].map((number) =>
    foldSplit(dataset, fingerprints, split, { number, of: 3 }),
  );

  it('leaves out each training image once, and has no part of what is validated on', () => {
    const left = members.flatMap(({ validation }) => validation);
    expect(left.toSorted()).toEqual(split.train);
    for (const { train, validation } of members) {
      expect([...train, ...validation].toSorted()).toEqual(split.train);
    }
  });

  it('keeps a lesion and a photograph whole', () => {
    const lesionOf = new Map(samples.map(({ imageId, lesionId }) => [imageId, lesionId]));
    for (const { train, validation } of members) {
      const trained = new Set(train.map((id) => lesionOf.get(id)));
      expect(validation.filter((id) => trained.has(lesionOf.get(id)!))).toEqual([]);
      for (const label of LABELS) {
        const sides = [`${label}_00`, `${label}_23`].map((id) => train.includes(id));
        expect(sides[0]).toBe(sides[1]);
      }
    }
  });

  it('deals every class evenly', () => {
    for (const { counts } of members) {
      for (const label of LABELS) expect(counts.validation[label]).toBeGreaterThanOrEqual(3);
    }
  });

  it('says when there are too few images', () => {
    const few = { ...split, train: split.train.slice(0, 4) };
    expect(() => foldSplit(dataset, fingerprints, few, { number: 1, of: 9 })).toThrow(RangeError);
  });
});

it.each(['0/5', '6/5', '1/1', '2', 'a/b', '1.5/3'])('refuses --fold %s', (text) => {
  expect(() => readFold(text)).toThrow(`--fold ${text} is not as 2/5`);
});
