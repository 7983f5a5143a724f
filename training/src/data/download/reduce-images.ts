import { rename, rm } from 'node:fs/promises';
import { findImages } from '@naevus/shared/files/find-images';
import { replaceFile } from '../../files/replace-file.ts';
import sharp from '../decode/single-threaded-sharp.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import { DownloadError } from './download-error.ts';

const CONCURRENT = 4;
const QUALITY = 90;

/**
 * Gives a downloaded image its name, as JPEG of so many pixels on its longest side where it is larger; otherwise its
 * bytes stay as they are. Orientation and colour profile stay with it.
 *
 * @param from another name than `to`; removed
 * @param longestSide in pixels; left out, the image stays as it is
 * @throws DownloadError when it is no image
 */
export async function reduceImage(
  from: string,
  to: string,
  longestSide: number | undefined,
): Promise<void> {
  if (longestSide === undefined || !(await isLarger(from, longestSide))) {
    await rename(from, to);
    return;
  }
  await replaceFile(to, (partial) => writeReduced(from, partial, longestSide));
  await rm(from);
}

/** The same for all images of a folder: those that are reduced end in `.jpg`. */
export async function reduceImages(folder: string, longestSide: number): Promise<void> {
  const { images } = await findImages(folder);
  await mapConcurrently(images, CONCURRENT, async (path) => {
    if (!(await isLarger(path, longestSide))) return;
    const to = path.replace(/\.[^.]+$/, '.jpg');
    await replaceFile(to, (partial) => writeReduced(path, partial, longestSide));
    if (to !== path) await rm(path);
  });
}

async function isLarger(path: string, longestSide: number): Promise<boolean> {
  const { width, height } = await sharp(path).metadata().catch(explain(path));
  return Math.max(width, height) > longestSide;
}

async function writeReduced(from: string, to: string, longestSide: number): Promise<void> {
  await sharp(from)
    .resize({ width: longestSide, height: longestSide, fit: 'inside' })
    .keepMetadata()
    .jpeg({ quality: QUALITY })
    .toFile(to)
    .catch(explain(from));
}

function explain(path: string): (cause: Error) => never {
  return (cause) => {
    throw new DownloadError(`${path} cannot be reduced: ${cause.message}`, { cause });
  };
}
