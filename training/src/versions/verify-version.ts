import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import {
  type LoadedManifest,
  loadManifest,
  MANIFEST_PATH,
} from '@naevus/shared/model/load-manifest';
import { SIGNATURE_PATH } from '@naevus/shared/model/signature';
import { ArtifactError, verifyFiles } from '@naevus/shared/model/verify';

/** GitHub's attestation of the manifest, for `gh attestation verify`. */
export const SIGSTORE_PATH = 'manifest.sigstore.json';

export interface Verification {
  /** What is wrong, a line each; empty where the version is whole. */
  readonly faults: readonly string[];
  /** Undefined where the manifest itself is at fault. */
  readonly loaded: LoadedManifest | undefined;
}

/**
 * Holds a version's folder to its manifest: that one's form, version and signature, every file's size and hash,
 * and that nothing lies there which it does not list.
 *
 * @param demands.version the version that it must be
 * @param demands.trustedKeys public keys, one of which must have signed it; left out: signed or not
 */
export async function verifyVersion(
  folder: string,
  demands: { readonly version?: string; readonly trustedKeys?: readonly string[] } = {},
): Promise<Verification> {
  const source = folderSource(folder);
  let loaded: LoadedManifest;
  try {
    loaded = await loadManifest(source, undefined, demands);
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    return { faults: [error.message], loaded: undefined };
  }
  const listed = new Set([
    MANIFEST_PATH,
    SIGNATURE_PATH,
    SIGSTORE_PATH,
    ...loaded.manifest.files.map(({ path }) => path),
  ]);
  const faults = (await verifyFiles(source, loaded.manifest)).map(({ message }) => message);
  for (const path of await filesBelow(folder)) {
    if (!listed.has(path)) faults.push(`${path}: is not among the files that the manifest lists`);
  }
  return { faults, loaded };
}

/**
 * {@link verifyVersion} where anything less than a whole version must not go on.
 *
 * @throws Error with every fault
 */
export async function requireWhole(
  folder: string,
  demands: Parameters<typeof verifyVersion>[1] = {},
): Promise<LoadedManifest> {
  const { faults, loaded } = await verifyVersion(folder, demands);
  if (faults.length > 0 || !loaded) {
    throw new Error([`${folder} must not be used:`, ...faults].join('\n  '));
  }
  return loaded;
}

/** Relative paths of all files in a folder, forward slashes, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
