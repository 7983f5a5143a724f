import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkNewVersion, writeVersion } from './artifact-store.ts';
import { filesBelow, requireWhole } from './verify-version.ts';

/**
 * Takes a version that lies elsewhere into a store, once it proved whole.
 *
 * @param demands.trustedKeys public keys, one of which must have signed it
 * @returns the version
 * @throws Error when the store has that version already, or a file does not fit the manifest
 */
export async function addVersion(
  store: string,
  folder: string,
  demands: { readonly trustedKeys?: readonly string[] } = {},
): Promise<string> {
  const { manifest } = await requireWhole(folder, demands);
  await checkNewVersion(store, manifest.version);
  const files = new Map<string, Uint8Array>();
  for (const path of await filesBelow(folder)) files.set(path, await readFile(join(folder, path)));
  await writeVersion(store, manifest.version, files);
  return manifest.version;
}
