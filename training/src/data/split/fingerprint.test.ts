import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomPicture } from '../fixtures/random-picture.ts';
import { DataError } from '../load/data-error.ts';
import { loadDataset } from '../load/dataset.ts';
import { fingerprintDataset, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH } from './fingerprint.ts';

let folder: string;
let cacheDirectory: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fingerprint-'));
  cacheDirectory = join(folder, '.cache');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function dataset(images: Record<string, Uint8Array>) {
  for (const [name, bytes] of Object.entries(images)) await writeFile(join(folder, name), bytes);
  const rows = Object.keys(images).map((name) => `${name},nv`);
  await writeFile(join(folder, 'metadata.csv'), `image_id,dx\n${rows.join('\n')}\n`);
  return loadDataset({ directory: folder });
}

const jpeg = (seed: number) => randomPicture(seed).jpeg().toBuffer();
const cacheFile = () => join(cacheDirectory, 'fingerprints.json');

describe('fingerprintDataset', () => {
  it('hashes the gradient, as the definition says', async () => {
    const ramp = (value: (x: number) => number) => {
      const data = Buffer.from(Array.from({ length: 90 * 80 }, (_, i) => value(i % 90)));
      return sharp(data, { raw: { width: 90, height: 80, channels: 1 } })
        .png()
        .toBuffer();
    };
    const prints = await fingerprintDataset(
      await dataset({
        'rising.png': await ramp((x) => 2 * x),
        'falling.png': await ramp((x) => 200 - 2 * x),
        // Dark to the middle of the fifth of nine columns: it is lighter than the fourth, darker than the sixth.
        'step.png': await ramp((x) => (x < 45 ? 20 : 200)),
      }),
      { cacheDirectory },
    );
    expect(prints.get('rising')!.dHash).toBe('ffffffffffffffff');
    expect(prints.get('falling')!.dHash).toBe('0000000000000000');
    expect(prints.get('step')!.dHash).toBe('18'.repeat(8));
    const { thumbnail } = prints.get('rising')!;
    expect(thumbnail).toHaveLength(THUMBNAIL_WIDTH * THUMBNAIL_HEIGHT);
    const middle = thumbnail[16 * THUMBNAIL_WIDTH + 18]!;
    expect(Math.abs(middle - 92)).toBeLessThanOrEqual(2);
  });

  it('sees the picture as displayed', async () => {
    const upright = await randomPicture(1, 300, 225).jpeg({ quality: 100 }).toBuffer();
    const turned = await sharp(upright)
      .rotate(90)
      .jpeg({ quality: 100 })
      .withMetadata({ orientation: 8 })
      .toBuffer();
    const prints = await fingerprintDataset(await dataset({ 'a.jpg': upright, 'b.jpg': turned }), {
      cacheDirectory,
    });
    const [a, b] = [prints.get('a')!, prints.get('b')!];
    const differences = a.thumbnail.map((value, i) => Math.abs(value - b.thumbnail[i]!));
    expect(differences.reduce((sum, d) => sum + d, 0) / differences.length).toBeLessThan(2);
  });

  it('keeps them by content, wherever the file is', async () => {
    const first = await fingerprintDataset(await dataset({ 'a.jpg': await jpeg(1) }), {
      cacheDirectory,
    });
    const cached = JSON.parse(await readFile(cacheFile(), 'utf8'));
    expect(Object.keys(cached.entries)).toEqual([first.get('a')!.sha256]);
    cached.entries[first.get('a')!.sha256].dHash = '123456789abcdef0';
    await writeFile(cacheFile(), JSON.stringify(cached));

    await rm(join(folder, 'a.jpg'));
    const again = await fingerprintDataset(
      await dataset({ 'moved.jpg': await jpeg(1), 'new.jpg': await jpeg(2) }),
      { cacheDirectory },
    );
    expect(again.get('moved')!.dHash).toBe('123456789abcdef0');
    expect(again.get('new')!.dHash).not.toBe('123456789abcdef0');
  });

  it.each(['', '{"version":0,"entries":{}}', '{"version":1,"entries":{"a":1}}'])(
    'takes a cache of %j for none',
    async (content) => {
      await mkdir(cacheDirectory);
      await writeFile(cacheFile(), content);
      const prints = await fingerprintDataset(await dataset({ 'a.jpg': await jpeg(1) }), {
        cacheDirectory,
      });
      expect(prints.size).toBe(1);
      expect(JSON.parse(await readFile(cacheFile(), 'utf8')).version).toBe(1);
    },
  );

  it('goes on where the cache cannot be written', async () => {
    await writeFile(cacheDirectory, 'a file where the folder should be');
    const prints = await fingerprintDataset(await dataset({ 'a.jpg': await jpeg(1) }), {
      cacheDirectory,
    });
    expect(prints.size).toBe(1);
  });
});

describe('images that do not decode', () => {
  async function damaged() {
    const whole = await jpeg(1);
    return dataset({
      'good.jpg': await jpeg(2),
      'cut.jpg': whole.subarray(0, whole.length / 2),
      'text.png': Buffer.from('this is no image'),
      'empty.webp': new Uint8Array(),
    });
  }

  it('are an error that names and counts them', async () => {
    const data = await damaged();
    const error: DataError = await fingerprintDataset(data, { cacheDirectory }).then(
      () => Promise.reject(new Error('it passed')),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(DataError);
    expect(error.kind).toBe('unreadable-image');
    const [problem] = error.problems;
    if (problem?.kind !== 'unreadable-image') throw error;
    expect(problem.count).toBe(3);
    expect(problem.images.map(({ imageId }) => imageId)).toEqual(['cut', 'empty', 'text']);
    expect(error.message).toContain(join(folder, 'cut.jpg'));
    expect(error.message).toContain('3 images cannot be read');
  });
});
