import { rename, rm } from 'node:fs/promises';
import { findImages } from '@naevus/shared/files/find-images';
import { replaceFile } from '../../files/replace-file.ts';
import sharp from '../decode/single-threaded-sharp.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import { DownloadError } from './download-error.ts';

const CONCURRENT = 4;
const QUALITY = 90;

/**
 * Gives a downloaded image its name, reduced to so many pixels on its longest side where it is larger. Orientation
 * and colour profile stay with it.
 *
 * @param from removed
 * @param longestSide in pixels; left out, the image stays as it is
 * @throws DownloadError when it is no image
 */
export async function reduceImage(
  from: string,
  to: string,
  longestSide: number | undefined,
): Promise<void> {
  if (longestSide === undefined) {
    await rename(from, to);
    return;
  }
  const size = { width: longestSide, height: longestSide };
  await replaceFile(to, async (partial) => {
    try {
      await sharp(from)
        .resize({ ...size, fit: 'inside', withoutEnlargement: true })
        .keepMetadata()
        .jpeg({ quality: QUALITY })
        .toFile(partial);
    } catch (cause) {
      throw new DownloadError(`${from} cannot be reduced: ${(cause as Error).message}`, { cause });
    }
  });
  if (from !== to) await rm(from);
}

/** The same for all images of a folder, which become JPEG under their names. */
export async function reduceImages(folder: string, longestSide: number): Promise<void> {
  const { images } = await findImages(folder);
  await mapConcurrently(images, CONCURRENT, (path) =>
    reduceImage(path, path.replace(/\.[^.]+$/, '.jpg'), longestSide),
  );
}
