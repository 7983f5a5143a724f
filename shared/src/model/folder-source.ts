import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactSource, Sha256 } from './verify.ts';

/** SHA-256 by Node's own crypto. */
export const nodeSha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The files of a folder, on Node. */
export function folderSource(folder: string): ArtifactSource {
  return {
    async read(path) {
      try {
        return new Uint8Array(await readFile(join(folder, path)));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        throw error;
      }
    },
  };
}
