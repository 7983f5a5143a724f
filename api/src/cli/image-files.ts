import { stat } from 'node:fs/promises';
import { describeLeftOut, findImages, type LeftOut } from '@naevus/shared/files/find-images';
import { IMAGE_EXTENSIONS } from '@naevus/shared/image/image-extensions';
import { SOURCE_EXTENSIONS } from '../analysis/source-format.ts';
import { UsageError } from './usage-error.ts';

/** Endings of the files that folders are searched for. */
export const PICTURE_EXTENSIONS: readonly string[] = [...IMAGE_EXTENSIONS, ...SOURCE_EXTENSIONS];

/**
 * The files to look at: those that are named, whatever they are called, and the images in the folders that are named.
 *
 * @param warn told what of the folders is left out
 * @throws UsageError for a path that cannot be read, and where there is no image at all
 */
export async function pictureFiles(
  paths: readonly string[],
  warn: (line: string) => void,
): Promise<string[]> {
  const files: string[] = [];
  const leftOut: LeftOut[] = [];
  const unreadable = (path: string) => (error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read: ${error.code}`);
  };
  for (const path of paths) {
    const found = await stat(path).catch(unreadable(path));
    if (!found.isDirectory()) {
      files.push(path);
      continue;
    }
    const folder = await findImages(path, PICTURE_EXTENSIONS).catch(unreadable(path));
    files.push(...folder.images);
    leftOut.push(...folder.leftOut);
  }
  const told = describeLeftOut(leftOut, PICTURE_EXTENSIONS);
  if (told !== undefined) warn(told);
  if (files.length > 0) return files;
  throw new UsageError(`there is no ${PICTURE_EXTENSIONS.join(', ')} in ${paths.join(', ')}`);
}
