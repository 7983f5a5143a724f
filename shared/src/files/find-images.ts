import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasImageExtension, IMAGE_EXTENSIONS } from '../image/image-extensions.ts';

/** Why a file of a folder is not among its images. */
export type LeftOutReason =
  | 'not an image by its name'
  | 'hidden'
  | 'a broken link'
  | 'a folder that was searched already'
  | 'not a file'
  | 'not readable';

export interface LeftOut {
  readonly path: string;
  readonly reason: LeftOutReason;
}

export interface FoundImages {
  /** Sorted by path. */
  readonly images: readonly string[];
  /** Everything else that was met, sorted by path. */
  readonly leftOut: readonly LeftOut[];
}

/** How many paths of a kind {@link describeLeftOut} names. */
const NAMED = 3;

/**
 * The images of a folder and the folders in it, told by their extensions. Links to files and folders are
 * followed, each folder once. Hidden names and what macOS leaves (`._x.jpg`, `.DS_Store`, `__MACOSX`) are left out.
 *
 * @param extensions in lower case
 * @throws Error of the file system when the folder itself cannot be read
 */
export async function findImages(
  directory: string,
  extensions: readonly string[] = IMAGE_EXTENSIONS,
): Promise<FoundImages> {
  const images: string[] = [];
  const leftOut: LeftOut[] = [];
  const searched = new Set<string>();
  const leave = (path: string, reason: LeftOutReason): void => {
    leftOut.push({ path, reason });
  };
  const search = async (folder: string, entries: readonly Dirent[]): Promise<void> => {
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') {
        leave(path, 'hidden');
        continue;
      }
      const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (target === undefined) leave(path, 'a broken link');
      else if (target.isDirectory()) await enter(path);
      else if (!target.isFile()) leave(path, 'not a file');
      else if (hasImageExtension(entry.name, extensions)) images.push(path);
      else leave(path, 'not an image by its name');
    }
  };
  const enter = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (searched.has(real)) return leave(folder, 'a folder that was searched already');
    searched.add(real);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (folder === directory) throw error;
    });
    return entries ? search(folder, entries) : leave(folder, 'not readable');
  };
  await enter(directory);
  return {
    images: images.sort(),
    leftOut: leftOut.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** One line that counts what was left out by reason, and names some; undefined where nothing was. */
export function describeLeftOut(
  leftOut: readonly LeftOut[],
  extensions: readonly string[] = IMAGE_EXTENSIONS,
): string | undefined {
  if (leftOut.length === 0) return undefined;
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  const parts = reasons.map((reason) => {
    const paths = leftOut.filter((one) => one.reason === reason).map(({ path }) => path);
    const more = paths.length > NAMED ? ', …' : '';
    return `${paths.length} ${reason} (${paths.slice(0, NAMED).join(', ')}${more})`;
  });
  const read = reasons.includes('not an image by its name')
    ? `; images are ${extensions.join(', ')}`
    : '';
  return `left out ${leftOut.length}: ${parts.join('; ')}${read}`;
}
