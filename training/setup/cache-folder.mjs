import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './setup-error.mjs';

/**
 * A folder for downloads that outlives this clone where the home folder can be written, else one inside it.
 *
 * @throws {SetupError} where neither can be written
 */
export function cacheFolder() {
  const candidates = [
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'naevus'),
    fileURLToPath(new URL('../.cache', import.meta.url)),
  ];
  for (const folder of candidates) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // read-only home: the next one
    }
  }
  throw new SetupError(`neither ${candidates.join(' nor ')} can be written`, 'set XDG_CACHE_HOME');
}
