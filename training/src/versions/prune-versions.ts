import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import { readCurrentVersion } from '@naevus/shared/model/load-manifest';
import { listVersions } from './artifact-store.ts';

/**
 * The versions that may go: all but the one that is served and the newest.
 *
 * @param keep how many of the newest stay, the served one not counted
 * @returns oldest first
 */
export async function prunableVersions(store: string, keep: number): Promise<string[]> {
  const current = await readCurrentVersion(folderSource(store));
  const others = (await listVersions(store)).filter((version) => version !== current);
  return others.slice(0, Math.max(others.length - keep, 0));
}

/** Removes a version: it is gone at once, not file by file under a server that reads it. */
export async function removeVersion(store: string, version: string): Promise<void> {
  const doomed = join(store, `.${version}.${process.pid}.removed`);
  await rename(join(store, version), doomed);
  await rm(doomed, { recursive: true });
}
