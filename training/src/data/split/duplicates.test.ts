import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@naevus/shared/statistics/random';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomPicture } from '../fixtures/random-picture.ts';
import { loadDataset } from '../load/dataset.ts';
import { findDuplicates } from './duplicates.ts';
import {
  type Fingerprints,
  fingerprintDataset,
  THUMBNAIL_HEIGHT,
  THUMBNAIL_WIDTH,
} from './fingerprint.ts';

let folder: string;
let prints: Fingerprints;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duplicates-'));
  const original = await randomPicture(1, 300, 225).modulate({ saturation: 0.4 }).png().toBuffer();
  const variants: Record<string, Promise<Uint8Array>> = {
    'original.png': Promise.resolve(original),
    'copied.png': Promise.resolve(original),
    'compressed.jpg': sharp(original).jpeg({ quality: 40 }).toBuffer(),
    'smaller.webp': sharp(original).resize(150).webp().toBuffer(),
    'tinted.png': sharp(original)
      .recomb([
        [1.05, 0, 0],
        [0, 0.9, 0],
        [0, 0, 0.75],
      ])
      .png()
      .toBuffer(),
    'darker.png': sharp(original).linear(0.7, -5).png().toBuffer(),
    'mirrored.png': sharp(original).flop().png().toBuffer(),
    'other.png': randomPicture(2, 300, 225).png().toBuffer(),
    'white.png': flat(255),
    'grey.png': flat(128),
  };
  for (const [name, bytes] of Object.entries(variants))
    await writeFile(join(folder, name), await bytes);
  await writeFile(
    join(folder, 'metadata.csv'),
    `image_id,dx\n${Object.keys(variants)
      .map((name) => `${name},nv`)
      .join('\n')}\n`,
  );
  prints = await fingerprintDataset(await loadDataset({ directory: folder }), {
    cacheDirectory: join(folder, '.cache'),
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function flat(value: number): Promise<Uint8Array> {
  const background = { r: value, g: value, b: value };
  return sharp({ create: { width: 60, height: 45, channels: 3, background } })
    .png()
    .toBuffer();
}

const pairs = () =>
  findDuplicates(prints).map(({ first, second, kind }) => `${first} ${second} ${kind}`);

it('finds the same photograph whatever was done to it', () => {
  const same = ['compressed', 'copied', 'darker', 'original', 'smaller', 'tinted'];
  const expected = same.flatMap((first, i) =>
    same.slice(i + 1).map((second) => {
      const bytes = first === 'copied' && second === 'original';
      return `${first} ${second} ${bytes ? 'bytes' : 'picture'}`;
    }),
  );
  expect(pairs()).toEqual(expected);
});

it('does not join pictures by their hash alone', () => {
  const random = createRandom(1);
  const thumbnail = (change: number) => (base: number[]) =>
    Uint8Array.from(base, (value) => Math.round(value + change * random.normal()));
  const base = Array.from(
    { length: THUMBNAIL_WIDTH * THUMBNAIL_HEIGHT },
    () => 128 + 30 * random.normal(),
  );
  // Noise of deviation d on deviation 30 correlates with the original at 1 / sqrt(1 + d^2 / 900).
  const at = (dHash: string, change: number) => ({
    sha256: `${dHash}${change}`,
    dHash,
    thumbnail: thumbnail(change)(base),
  });
  const found = findDuplicates(
    new Map([
      ['original', at('f0f0e8cccce8f0f0', 0)],
      ['saved again', at('f0f0e8cccce8f0f0', 2)], // 0.998
      ['saved again, another hash', at('f0f0e8cccce8f3ff', 2)], // six bits
      ['alike', at('f0f0e8cccce8f0f0', 5)], // 0.986
      ['far by its hash', at('0f0f17333317f0f0', 1)],
    ]),
  );
  expect(found.map(({ first, second }) => `${first} = ${second}`)).toEqual([
    'original = saved again',
    'original = saved again, another hash',
    'saved again = saved again, another hash',
  ]);
});

it('does not depend on the order', () => {
  expect(findDuplicates(new Map([...prints].reverse()))).toEqual(findDuplicates(prints));
});
