import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { beforeAll, describe, expect, it } from 'vitest';
import { countLabels } from '../load/count-labels.ts';
import { type Dataset, digestSamples, loadDataset, type Sample } from '../load/dataset.ts';
import { KNOWN_SOURCES } from '../load/source-definition.ts';
import { type DuplicatePair, findDuplicates } from './duplicates.ts';
import {
  type Fingerprint,
  type Fingerprints,
  fingerprintDataset,
  THUMBNAIL_HEIGHT,
  THUMBNAIL_WIDTH,
} from './fingerprint.ts';
import { SAME_SKIN } from './same-skin.ts';
import { groupSamples } from './sample-groups.ts';
import { describeSplit, type Split, splitDataset } from './split.ts';
import { splitSchema } from './split-schema.ts';

type Made = Pick<Sample, 'imageId' | 'label' | 'lesionId'> & { picture?: string; source?: string };

/** Images without files; those of the same `picture` have the same bytes. */
function make(images: readonly Made[]): { dataset: Dataset; fingerprints: Fingerprints } {
  const random = createRandom(1);
  const prints = new Map<string, Fingerprint>();
  const printOf = (picture: string): Fingerprint => {
    const known = prints.get(picture);
    if (known !== undefined) return known;
    const made: Fingerprint = {
      sha256: picture.padStart(64, '0'),
      dHash: [0, 1].map(() => random.uint32().toString(16).padStart(8, '0')).join(''),
      thumbnail: Uint8Array.from({ length: THUMBNAIL_WIDTH * THUMBNAIL_HEIGHT }, () =>
        random.integer(256),
      ),
    };
    prints.set(picture, made);
    return made;
  };
  const fingerprints = new Map(
    images.map(({ imageId, picture }) => [imageId, printOf(picture ?? imageId)]),
  );
  const samples = images.map(({ imageId, label, lesionId, source = '' }) => ({
    imageId,
    label,
    lesionId,
    path: `${imageId}.jpg`,
    metadata: {},
    sha256: fingerprints.get(imageId)!.sha256,
    source,
  }));
  const dataset: Dataset = {
    samples,
    others: [],
    sources: [],
    dataSha256: digestSamples(samples),
    inputs: [],
    problems: [],
  };
  return { dataset, fingerprints };
}

/** Lesions of one to six images, as imbalanced as HAM10000. */
function lesions(count: number, seed: number): Made[] {
  const random = createRandom(seed);
  const shares: [Label, number][] = [
    ['nv', 0.67],
    ['mel', 0.11],
    ['bkl', 0.11],
    ['bcc', 0.05],
    ['akiec', 0.03],
    ['vasc', 0.015],
    ['df', 0.015],
  ];
  return Array.from({ length: count }, (_, lesion) => {
    let at = random.next();
    const label =
      shares.find(([, share]) => {
        at -= share;
        return at < 0;
      })?.[0] ?? 'nv';
    const images = random.next() < 0.7 ? 1 : 2 + random.integer(5);
    return Array.from({ length: images }, (_, i) => ({
      imageId: `I${lesion}_${i}`,
      label,
      lesionId: random.next() < 0.1 && images === 1 ? null : `L${lesion}`,
    }));
  }).flat();
}

/** No image, lesion or photograph is on both sides, and every image is on one. */
function expectApart(dataset: Dataset, duplicates: readonly DuplicatePair[], split: Split): void {
  const train = new Set(split.train);
  const validation = new Set(split.validation);
  expect(split.validation.filter((id) => train.has(id))).toEqual([]);
  const all = dataset.samples.map(({ imageId }) => imageId).sort();
  expect([...train, ...validation].sort()).toEqual(all);
  const keys = (ids: ReadonlySet<string>) =>
    dataset.samples
      .filter(({ imageId }) => ids.has(imageId))
      .flatMap(({ lesionId, sha256 }) => (lesionId === null ? sha256 : [sha256, lesionId]));
  const trained = new Set(keys(train));
  expect(keys(validation).filter((key) => trained.has(key))).toEqual([]);
  expect(duplicates.filter(({ first, second }) => train.has(first) !== train.has(second))).toEqual(
    [],
  );
  const counted = (ids: ReadonlySet<string>) =>
    countLabels(dataset.samples.filter(({ imageId }) => ids.has(imageId)));
  expect(split.counts).toEqual({ train: counted(train), validation: counted(validation) });
}

function total(counts: Readonly<Record<string, number>>): number {
  return LABELS.reduce((sum, label) => sum + counts[label]!, 0);
}

function expectNaturalShares({ counts }: Split, tolerance: number): void {
  for (const label of LABELS) {
    const all = counts.train[label]! + counts.validation[label]!;
    const natural = all / (total(counts.train) + total(counts.validation));
    const share = counts.validation[label]! / total(counts.validation);
    expect(Math.abs(share - natural), label).toBeLessThanOrEqual(tolerance);
  }
}

describe('splitDataset of several sources', () => {
  const made = [
    ...lesions(600, 3).map((image) => ({ ...image, source: 'home' })),
    ...lesions(300, 4).map((image) => ({
      ...image,
      imageId: `away ${image.imageId}`,
      lesionId: image.lesionId && `away ${image.lesionId}`,
      source: 'away',
    })),
  ];
  const { dataset, fingerprints } = make(made);
  const sources = ['home', 'away'].map((name) => ({
    ...KNOWN_SOURCES[0]!,
    name,
    validationFraction: name === 'away' ? 0.4 : 0.2,
  }));
  const data = { ...dataset, sources };
  const of = (source: string, ids: readonly string[]) => {
    const chosen = new Set(ids);
    return countLabels(
      data.samples.filter((one) => one.source === source && chosen.has(one.imageId)),
    );
  };

  it('divides each class of each source by its own fraction', () => {
    const split = splitDataset(data, fingerprints, { seed: 5 });
    expectApart(data, findDuplicates(fingerprints), split);
    for (const { name, validationFraction } of sources) {
      const [train, validation] = [of(name, split.train), of(name, split.validation)];
      for (const label of LABELS) {
        const all = train[label]! + validation[label]!;
        // A lesion has up to seven images.
        expect(Math.abs(validation[label]! - validationFraction * all)).toBeLessThanOrEqual(4);
      }
    }
  });

  it('keeps the sides of another split, and splits what that does not know', () => {
    const home = make(made.filter(({ source }) => source === 'home'));
    const base = splitDataset(home.dataset, home.fingerprints, { seed: 9 });
    const split = splitDataset(data, fingerprints, { seed: 5, base });
    const ids = (side: readonly string[]) => side.filter((id) => !id.startsWith('away'));
    expect(ids(split.train)).toEqual(base.train);
    expect(ids(split.validation)).toEqual(base.validation);
    expect(split.validation.length).toBeGreaterThan(base.validation.length + 50);
  });

  it('trains on a lesion of the other split that turns out to be on both of its sides', () => {
    const { dataset: joined, fingerprints: prints } = make([
      ...made,
      { imageId: 'twin', label: 'nv', lesionId: 'kept', source: 'away', picture: 'shared' },
      { imageId: 'trained', label: 'nv', lesionId: 'other', source: 'home', picture: 'shared' },
      { imageId: 'validated', label: 'nv', lesionId: 'kept', source: 'home' },
    ]);
    const base = { train: ['trained'], validation: ['validated'] };
    const split = splitDataset(joined, prints, { seed: 5, base });
    for (const id of ['twin', 'trained', 'validated']) expect(split.train).toContain(id);
  });

  it('joins what is known to be the same skin', () => {
    const [first, second] = SAME_SKIN[0]!;
    const pair = [first, second].map(
      (imageId, i): Made => ({ imageId, label: 'mel', lesionId: `L${i} of the pair` }),
    );
    const { dataset: withPair, fingerprints: prints } = make([...made, ...pair]);
    const group = groupSamples(withPair.samples, prints).groups.find(({ samples }) =>
      samples.some(({ imageId }) => imageId === first),
    );
    expect(group!.samples.map(({ imageId }) => imageId)).toEqual([first, second].sort());
  });
});

describe('splitDataset', () => {
  const images = lesions(1500, 3);
  const { dataset, fingerprints } = make(images);
  const duplicates = findDuplicates(fingerprints);

  it('keeps lesions whole and class shares natural', () => {
    for (const seed of [1, 2, 3]) {
      const split = splitDataset(dataset, fingerprints, { seed });
      expectApart(dataset, duplicates, split);
      expectNaturalShares(split, 0.003);
      expect(split.validation.length / dataset.samples.length).toBeCloseTo(0.2, 2);
      for (const label of LABELS) expect(split.counts.validation[label]).toBeGreaterThan(0);
    }
  });

  it('gives both sides lesions of every size alike', () => {
    const split = splitDataset(dataset, fingerprints, { seed: 1 });
    const inValidation = new Set(split.validation);
    const sizes = new Map<string, number>();
    for (const { lesionId } of images)
      if (lesionId) sizes.set(lesionId, (sizes.get(lesionId) ?? 0) + 1);
    const ofMany = images.filter(({ lesionId }) => lesionId !== null && sizes.get(lesionId)! > 1);
    const share = ofMany.filter(({ imageId }) => inValidation.has(imageId)).length / ofMany.length;
    expect(Math.abs(share - 0.2)).toBeLessThan(0.03);
  });

  it('depends on the data and the seed, not on the order', () => {
    const split = splitDataset(dataset, fingerprints, { seed: 5 });
    const shuffled = createRandom(9).shuffle([...dataset.samples]);
    const reordered = splitDataset(
      { ...dataset, samples: shuffled },
      new Map(createRandom(8).shuffle([...fingerprints])),
      { seed: 5 },
    );
    expect(reordered).toEqual(split);
    expect(splitDataset(dataset, fingerprints, { seed: 6 }).validation).not.toEqual(
      split.validation,
    );
  });

  it('takes another fraction', () => {
    const split = splitDataset(dataset, fingerprints, { seed: 1, validationFraction: 0.35 });
    expectApart(dataset, duplicates, split);
    expect(split.validation.length / dataset.samples.length).toBeCloseTo(0.35, 2);
  });

  it('keeps copies together, chains of lesions and copies, too, and counts them', () => {
    // a and b are one lesion, b and c one file, c and d one lesion, d and e one file.
    const chain: Made[] = [
      { imageId: 'a', label: 'mel', lesionId: 'chain 1' },
      { imageId: 'b', label: 'mel', lesionId: 'chain 1', picture: 'p' },
      { imageId: 'c', label: 'mel', lesionId: 'chain 2', picture: 'p' },
      { imageId: 'd', label: 'mel', lesionId: 'chain 2', picture: 'q' },
      { imageId: 'e', label: 'nv', lesionId: null, picture: 'q' },
      { imageId: 'f', label: 'mel', lesionId: 'chain 3', picture: 'r' },
      { imageId: 'g', label: 'mel', lesionId: 'chain 3', picture: 'r' },
    ];
    const made = make([...chain, ...lesions(60, 4)]);
    const duplicates = findDuplicates(made.fingerprints);
    for (let seed = 0; seed < 20; seed++) {
      const split = splitDataset(made.dataset, made.fingerprints, { seed });
      expectApart(made.dataset, duplicates, split);
      const sides = new Set('abcde'.split('').map((id) => split.train.includes(id)));
      expect(sides.size).toBe(1);
      expect(split.groups).toMatchObject({
        byte_identical_pairs: 3,
        same_picture_pairs: 0,
        pairs_across_lesions: 2,
        mixed_labels: 1,
      });
    }
    const split = splitDataset(made.dataset, made.fingerprints, { seed: 1 });
    expect(describeSplit(split)).toContain('1 groups hold images with different labels');
  });

  it('puts a rare class on both sides as soon as it has two lesions', () => {
    const nv = Array.from(
      { length: 50 },
      (_, i): Made => ({ imageId: `n${i}`, label: 'nv', lesionId: null }),
    );
    const df = ['x', 'y'].map((id): Made => ({ imageId: id, label: 'df', lesionId: id }));
    const vasc: Made[] = [{ imageId: 'z', label: 'vasc', lesionId: 'z' }];
    const made = make([...nv, ...df, ...vasc]);
    const { counts } = splitDataset(made.dataset, made.fingerprints, { seed: 1 });
    expect([counts.train.df, counts.validation.df]).toEqual([1, 1]);
    expect([counts.train.vasc, counts.validation.vasc]).toEqual([1, 0]);
    expect([counts.train.nv, counts.validation.nv]).toEqual([40, 10]);
  });

  it('refuses what it cannot do', () => {
    const one = make([
      { imageId: 'a', label: 'nv', lesionId: 'L' },
      { imageId: 'b', label: 'nv', lesionId: 'L' },
    ]);
    expect(() => splitDataset(one.dataset, one.fingerprints, { seed: 1 })).toThrow(/too few/);
    expect(() => splitDataset(dataset, fingerprints, { seed: 1, validationFraction: 1 })).toThrow(
      /between 0 and 1/,
    );
    expect(() => splitDataset(dataset, new Map(), { seed: 1 })).toThrow(/has no fingerprint/);
  });

  it('is written as split.json', async () => {
    const split = splitDataset(dataset, fingerprints, { seed: 1 });
    const written = JSON.parse(JSON.stringify(split));
    expect(splitSchema.parse(written)).toEqual(split);
    expect(written).toMatchObject({ seed: 1, data_sha256: dataset.dataSha256 });
  });
});

const ham10000 = fileURLToPath(new URL('../../../../../shared/data/ham10000', import.meta.url));
if (!existsSync(ham10000)) {
  console.warn(`SKIPPED: the split of HAM10000, ${ham10000} is not there`);
}

describe.skipIf(!existsSync(ham10000))('HAM10000', () => {
  let dataset: Dataset;
  let fingerprints: Fingerprints;
  let duplicates: readonly DuplicatePair[];
  beforeAll(async () => {
    dataset = await loadDataset({ directory: ham10000 });
    const cacheDirectory = fileURLToPath(new URL('../../../.cache', import.meta.url));
    fingerprints = await fingerprintDataset(dataset, { cacheDirectory });
    duplicates = findDuplicates(fingerprints);
  }, 300_000);

  it('loads whole', () => {
    expect(dataset.samples).toHaveLength(10_015);
    expect(dataset.problems).toEqual([]);
    const { counts } = splitDataset(dataset, fingerprints, { seed: 1 });
    const all = Object.fromEntries(
      LABELS.map((l) => [l, counts.train[l]! + counts.validation[l]!]),
    );
    expect(all).toEqual({
      akiec: 327,
      bcc: 514,
      bkl: 1099,
      df: 115,
      mel: 1113,
      nv: 6705,
      vasc: 142,
    });
  });

  it('is split so that no lesion and no photograph is on both sides', () => {
    for (const seed of [1, 2]) {
      const split = splitDataset(dataset, fingerprints, { seed });
      expectApart(dataset, duplicates, split);
      expectNaturalShares(split, 0.001);
      expect(split.groups).toEqual({
        total: 7399,
        lesions: 7470,
        images_without_lesion: 0,
        byte_identical_pairs: 2,
        same_picture_pairs: 49,
        pairs_across_lesions: 1,
        mixed_labels: 4,
      });
    }
  });

  it('has its known copies found', () => {
    const pairs = duplicates.map(({ first, second, kind }) => `${first} ${second} ${kind}`);
    expect(pairs).toContain('ISIC_0024777 ISIC_0029938 bytes');
    expect(pairs).toContain('ISIC_0024366 ISIC_0029861 bytes');
    // One photograph, once recoloured, under two lesion ids.
    expect(pairs).toContain('ISIC_0025226 ISIC_0030074 picture');
  });
});
