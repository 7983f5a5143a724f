import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { DEFAULT_MAX_PIXELS, TooManyPixelsError } from '@naevus/shared/image/sharp-decode';
import { createProgress } from '@naevus/shared/progress';
import { z } from 'zod';
import { replaceFile } from '../../files/replace-file.ts';
import sharp from '../decode/single-threaded-sharp.ts';
import { DataError, type UnreadableImage } from '../load/data-error.ts';
import type { Dataset, Sample } from '../load/dataset.ts';
import { mapConcurrently } from '../map-concurrently.ts';

/** Columns and rows of {@link Fingerprint.thumbnail}. */
export const THUMBNAIL_WIDTH = 36;
export const THUMBNAIL_HEIGHT = 32;

/** What tells whether two images show the same photograph. */
export interface Fingerprint {
  /** Of the file's bytes. */
  readonly sha256: string;
  /** 64-bit dHash of the decoded picture, 16 hexadecimal digits. */
  readonly dHash: string;
  /** The picture in grey, squashed: 36 columns, 32 rows. */
  readonly thumbnail: Uint8Array;
}

/** By image id. */
export type Fingerprints = ReadonlyMap<string, Fingerprint>;

export interface FingerprintOptions {
  /** Fingerprints are kept in `fingerprints.json` here, under the digest of the bytes. */
  readonly cacheDirectory: string;
}

/** Saved so often that a run broken off in the middle loses little. */
const SAVE_EVERY = 2_000;
const CONCURRENT_DECODES = 4;

/**
 * Fingerprints every image of a data set, which decodes each of them once.
 *
 * @throws DataError (unreadable-image) that counts and names all images that do not decode.
 */
export async function fingerprintDataset(
  { samples }: Dataset,
  { cacheDirectory }: FingerprintOptions,
): Promise<Fingerprints> {
  const cacheFile = join(cacheDirectory, 'fingerprints.json');
  const cache = await readCache(cacheFile);
  const unreadable: UnreadableImage[] = [];
  const isNew = ({ sha256 }: Sample) => !cache.has(sha256);
  const fresh = samples.filter(isNew);
  if (fresh.length > 0) {
    const progress = createProgress('fingerprinting images', fresh.length);
    let unsaved = 0;
    await mapConcurrently(fresh, CONCURRENT_DECODES, async ({ imageId, path, sha256 }) => {
      try {
        cache.set(sha256, await fingerprint(await readFile(path)));
      } catch (error) {
        unreadable.push({ imageId, path, reason: (error as Error).message });
      }
      progress.advance(1);
      if (++unsaved === SAVE_EVERY) {
        unsaved = 0;
        await writeCache(cacheFile, cache);
      }
    });
    progress.done();
    await writeCache(cacheFile, cache);
  }
  if (unreadable.length > 0) {
    unreadable.sort((a, b) => (a.imageId < b.imageId ? -1 : 1));
    throw new DataError({ kind: 'unreadable-image', count: unreadable.length, images: unreadable });
  }
  const fingerprints = new Map<string, Fingerprint>();
  for (const { imageId, sha256 } of samples) {
    const entry = cache.get(sha256)!;
    const thumbnail = new Uint8Array(Buffer.from(entry.thumbnail, 'base64'));
    fingerprints.set(imageId, { sha256, dHash: entry.dHash, thumbnail });
  }
  return fingerprints;
}

/** Twice, and eight times, what the thumbnail and the dHash need: both are box averages of it. */
const GREY_WIDTH = 72;
const GREY_HEIGHT = 64;

/**
 * @param bytes the whole file
 * @throws as the decoding for training and serving does, for the same files
 */
async function fingerprint(bytes: Uint8Array): Promise<CacheEntry> {
  const { width, height } = readImageHeader(bytes);
  if (width * height > DEFAULT_MAX_PIXELS) {
    throw new TooManyPixelsError(width, height, DEFAULT_MAX_PIXELS);
  }
  const grey = await sharp(bytes, {
    autoOrient: true,
    failOn: 'error',
    limitInputPixels: DEFAULT_MAX_PIXELS,
  })
    .flatten({ background: '#ffffff' })
    .resize(GREY_WIDTH, GREY_HEIGHT, { fit: 'fill', kernel: 'linear' })
    .greyscale()
    .raw()
    .toBuffer();
  return {
    dHash: dHash(boxAverage(grey, 8)),
    thumbnail: Buffer.from(boxAverage(grey, 2)).toString('base64'),
  };
}

/** Means of `by` x `by` pixels of the {@link GREY_WIDTH} x {@link GREY_HEIGHT} picture. */
function boxAverage(grey: Uint8Array, by: number): Float32Array {
  const [width, height] = [GREY_WIDTH / by, GREY_HEIGHT / by];
  const means = new Float32Array(width * height);
  for (let y = 0; y < GREY_HEIGHT; y++) {
    for (let x = 0; x < GREY_WIDTH; x++) {
      means[Math.floor(y / by) * width + Math.floor(x / by)]! += grey[y * GREY_WIDTH + x]!;
    }
  }
  return means.map((sum) => Math.round(sum / (by * by)));
}

/** Whether each of 9 x 8 grey values is darker than its right neighbour, row by row (Krawetz 2013). */
function dHash(grey: Float32Array): string {
  let bits = 0n;
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      bits = (bits << 1n) | (grey[y * 9 + x]! < grey[y * 9 + x + 1]! ? 1n : 0n);
    }
  }
  return bits.toString(16).padStart(16, '0');
}

/** Raised when a fingerprint is computed in another way. */
const CACHE_VERSION = 1;

const cacheSchema = z.object({
  version: z.literal(CACHE_VERSION),
  entries: z.record(z.string(), z.object({ dHash: z.string(), thumbnail: z.string() })),
});

type CacheEntry = z.infer<typeof cacheSchema>['entries'][string];

/** A cache that is absent, old or damaged is an empty one. */
async function readCache(file: string): Promise<Map<string, CacheEntry>> {
  try {
    const { entries } = cacheSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return new Map(Object.entries(entries));
  } catch {
    return new Map();
  }
}

let saving: Promise<void> = Promise.resolve();

/** One at a time; what cannot be written costs time at the next run, nothing else. */
async function writeCache(file: string, cache: ReadonlyMap<string, CacheEntry>): Promise<void> {
  saving = saving.then(async () => {
    const content = { version: CACHE_VERSION, entries: Object.fromEntries(cache) };
    try {
      await mkdir(join(file, '..'), { recursive: true });
      await replaceFile(file, JSON.stringify(content));
    } catch (error) {
      console.warn(`fingerprints are not cached: ${(error as Error).message}`);
    }
  });
  return saving;
}
