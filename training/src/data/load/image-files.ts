import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp']);

export interface ImageFile {
  /** The file's name without its extension. */
  readonly imageId: string;
  readonly path: string;
}

/**
 * All JPEG, PNG and WebP files of a folder and the folders in it, told by extension in any case,
 * sorted by path. Links are followed, each folder once; names that begin with a dot (macOS leaves
 * `._x.jpg` beside `x.jpg`) and `__MACOSX` are passed over.
 */
export async function findImages(directory: string): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  const seen = new Set<string>();
  const walk = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      const path = join(folder, entry.name);
      const target = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
      if (target?.isDirectory()) await walk(path);
      else if (target?.isFile() && EXTENSIONS.has(extname(entry.name).toLowerCase())) {
        found.push({ imageId: basename(entry.name, extname(entry.name)), path });
      }
    }
  };
  await walk(directory);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
