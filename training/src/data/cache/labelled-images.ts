import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Resampler } from '@naevus/shared/image/resampler';
import { createProgress } from '@naevus/shared/progress';
import { replaceFile } from '../../files/replace-file.ts';
import { labelIndex } from '../../taxonomy/current.ts';
import { decodeRgb } from '../decode/decoded-images.ts';
import { RunStopped, type ShouldStop } from '../run-stopped.ts';
import { stratumOf } from './strata.ts';

/** Decoded, squashed images in memory, one after another, with their labels. */
export interface LabelledImages {
  readonly imageIds: readonly string[];
  /** Class index of each image. */
  readonly labels: readonly number[];
  /** {@link stratumOf} each image. */
  readonly strata: readonly number[];
  /** Names of the sources, the home source first. */
  readonly sources: readonly string[];
  /** `count * size * size * 3` bytes, RGB; shared so that worker threads read it without a copy. */
  readonly pixels: SharedArrayBuffer;
  readonly size: number;
  /** Width over height of each picture before it was squashed. */
  readonly aspects: Float32Array;
}

export interface ImageSource {
  readonly imageId: string;
  readonly path: string;
  readonly label: string;
  readonly source: string;
}

/** How images are shown. */
export interface ShownImages {
  /** Side of the square, in pixels. */
  readonly size: number;
  /** Share of each side of an image that it shows, in the middle. */
  readonly crop: number;
  /** Names of all sources that images may be of, the home source first; by default one without a name. */
  readonly sources?: readonly string[];
}

const CONCURRENT_DECODES = 4;
/** Bytes that are read or written at once. */
const MAX_PART = 1 << 28;
/** Damaged images that an error names; the others it counts. */
const NAMED_IMAGES = 5;

/**
 * Decodes all images and squashes them to a square with the project's one resampler.
 *
 * @param cache folder and key under which the decoded pixels are kept; the key must name the data's digest.
 * @throws Error that names the first images that could not be decoded and counts them; RunStopped when it was
 *   asked to stop.
 */
export async function decodeImages(
  images: readonly ImageSource[],
  { size, crop, sources = [''] }: ShownImages,
  resampler: Resampler,
  cache: { readonly directory: string; readonly key: string },
  shouldStop: ShouldStop = () => false,
): Promise<LabelledImages> {
  const imageBytes = size * size * 3;
  const pixels = new SharedArrayBuffer(images.length * imageBytes);
  const aspectsBuffer = new SharedArrayBuffer(images.length * 4);
  const aspects = new Float32Array(aspectsBuffer);
  const result: LabelledImages = {
    imageIds: images.map(({ imageId }) => imageId),
    labels: images.map(({ label }) => labelIndex(label)),
    strata: images.map((image) => stratumOf(image, sources)),
    sources,
    pixels,
    size,
    aspects,
  };
  const file = join(cache.directory, `${cache.key}-${size}.rgb`);
  const buffers = [new Uint8Array(pixels), new Uint8Array(aspectsBuffer)];
  if (await readCache(file, buffers)) return result;

  const progress = createProgress(`decoding to ${size}x${size}`, images.length);
  const unreadable: string[] = [];
  const queue = [...images.entries()];
  let stopped = false;
  const decodeNext = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      stopped ||= shouldStop();
      if (stopped) return;
      const [index, { imageId, path }] = next;
      try {
        const image = await decodeRgb(path);
        new Uint8Array(pixels, index * imageBytes, imageBytes).set(
          resampler.resize(image, size, size, crop),
        );
        aspects[index] = image.width / image.height;
      } catch (error) {
        unreadable.push(`${imageId} (${path}: ${(error as Error).message})`);
      }
      progress.advance(1);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_DECODES }, decodeNext));
  progress.done();
  if (stopped) throw new RunStopped('decoding the images');
  if (unreadable.length > 0) {
    const named = unreadable.slice(0, NAMED_IMAGES).map((image) => `\n  ${image}`);
    const more = unreadable.length - named.length;
    throw new Error(
      `${unreadable.length} of ${images.length} images cannot be decoded:${named.join('')}${more > 0 ? `\n  and ${more} more` : ''}\n` +
        'Repair them, or take their rows out of the CSV.',
    );
  }
  await writeCache(file, buffers);
  return result;
}

async function readCache(file: string, buffers: readonly Uint8Array[]): Promise<boolean> {
  const expected = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const found = await stat(file).catch(() => null);
  if (found?.size !== expected) return false;
  const handle = await open(file);
  try {
    let position = 0;
    for (const buffer of buffers) {
      for (let offset = 0; offset < buffer.length; ) {
        const { bytesRead } = await handle.read(
          buffer,
          offset,
          Math.min(buffer.length - offset, MAX_PART),
          position,
        );
        if (bytesRead === 0) return false;
        offset += bytesRead;
        position += bytesRead;
      }
    }
  } finally {
    await handle.close();
  }
  return true;
}

/** A cache that cannot be written costs time at the next run, nothing else. */
async function writeCache(file: string, buffers: readonly Uint8Array[]): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await replaceFile(file, (partial) => writeParts(partial, buffers));
  } catch (error) {
    console.warn(`decoded images are not cached: ${(error as Error).message}`);
  }
}

/** Part by part: one write takes at most 2 GiB. */
async function writeParts(file: string, buffers: readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const buffer of buffers) {
      for (let offset = 0; offset < buffer.length; offset += MAX_PART) {
        await handle.write(buffer.subarray(offset, offset + MAX_PART));
      }
    }
  } finally {
    await handle.close();
  }
}
