import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UsageError } from './usage-error.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp']);

/**
 * The files to look at: those that are named, and the images in the folders that are, and in
 * theirs, by their extension and in the order of their paths.
 *
 * @throws UsageError for a path where there is nothing, and where there is no image at all
 */
export async function pictureFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${path} cannot be read: ${error.code}`);
    });
    if (!found.isDirectory()) {
      files.push(path);
      continue;
    }
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const images = entries
      .filter((entry) => entry.isFile() && EXTENSIONS.has(extname(entry.name).toLowerCase()))
      .map((entry) => join(entry.parentPath, entry.name));
    files.push(...images.sort());
  }
  if (files.length > 0) return files;
  throw new UsageError(`there is no ${[...EXTENSIONS].join(', ')} in ${paths.join(', ')}`);
}
