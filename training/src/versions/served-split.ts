import { join } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import { readCurrentVersion } from '@naevus/shared/model/load-manifest';
import { SPLIT_PATH } from './version-weights.ts';

/** The split.json of the version that a folder of versions serves; undefined where none is served. */
export async function servedSplit(store: string): Promise<string | undefined> {
  const version = await readCurrentVersion(folderSource(store));
  return version && join(store, version, SPLIT_PATH);
}
