import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LesionTableError, readLesionTable, type TabledLesion } from '../answers/lesion-table.ts';
import { UsageError } from './usage-error.ts';

/** A lesion of a list, with the paths of its photos from the list's own folder. */
export interface ListedLesion extends TabledLesion {
  readonly files: readonly string[];
}

/**
 * Reads a table of lesions whose images are paths from the file's own folder.
 *
 * @throws UsageError when the file cannot be read, a column is missing, or a value is not understood
 */
export async function readLesionList(path: string): Promise<ListedLesion[]> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read: ${error.code}`);
  });
  const folder = dirname(path);
  try {
    return readLesionTable(bytes, path).map((lesion) => ({
      ...lesion,
      files: lesion.images.map((image) => resolve(folder, image)),
    }));
  } catch (error) {
    if (error instanceof LesionTableError) throw new UsageError(error.message);
    throw error;
  }
}
