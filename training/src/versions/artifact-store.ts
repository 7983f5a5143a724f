import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CURRENT_PATH } from '@naevus/shared/model/load-manifest';
import { compareVersions, isVersion } from '@naevus/shared/model/version';
import { replaceFile } from '../files/replace-file.ts';
import type { ArtifactFiles } from './artifact-layout.ts';

/** Versions of a store, oldest first; none where there is no store. */
export async function listVersions(store: string): Promise<string[]> {
  const entries = await readdir(store, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isDirectory() && isVersion(entry.name))
    .map(({ name }) => name)
    .sort(compareVersions);
}

/**
 * Whether a version may be written.
 *
 * @throws Error when it is not a semantic version, or is there already.
 */
export async function checkNewVersion(store: string, version: string): Promise<void> {
  if (!isVersion(version)) {
    throw new Error(`${version} is not a version like 1.2.3 (semver.org)`);
  }
  if (await stat(join(store, version)).catch(() => null)) {
    const versions = (await listVersions(store)).join(', ');
    throw new Error(
      `${join(store, version)} is there already, and a version is never overwritten. There are: ${versions}`,
    );
  }
}

/**
 * Writes a version's files, its manifest among them, so that its folder appears with all of them or not at all.
 *
 * @returns the version's folder
 * @throws Error as {@link checkNewVersion}, and when the disk does not take it; nothing is left behind then.
 */
export async function writeVersion(
  store: string,
  version: string,
  files: ArtifactFiles,
): Promise<string> {
  await checkNewVersion(store, version);
  const partial = join(store, `.${version}.${process.pid}.partial`);
  try {
    for (const [path, bytes] of files) {
      const target = join(partial, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes);
    }
    const folder = join(store, version);
    await rename(partial, folder);
    return folder;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Makes a version the one that is served, in one step. */
export async function setCurrentVersion(store: string, version: string): Promise<void> {
  await replaceFile(join(store, CURRENT_PATH), `${JSON.stringify({ version })}\n`);
}
