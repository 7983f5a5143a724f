import { unwatchFile, watchFile } from 'node:fs';

const INTERVAL_MS = 1000;

/**
 * Calls back when a file was written, replaced, made or removed. It is looked at once a second: that
 * works on every file system, and where the file or a folder above it is a link that is put elsewhere.
 *
 * @returns what ends the watch
 */
export function onFileChange(path: string, changed: () => void): () => void {
  watchFile(path, { interval: INTERVAL_MS, persistent: false }, changed);
  return () => unwatchFile(path, changed);
}
