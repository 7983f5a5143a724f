import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_PATH } from '@naevus/shared/model/load-manifest';
import { SIGNATURE_PATH, signManifest } from '@naevus/shared/model/signature';
import { writeJson } from '../files/json-file.ts';
import { requireWhole } from './verify-version.ts';

/**
 * Signs a version that is whole, in the place of a signature that it has.
 *
 * @param privateKey PKCS #8, DER, of an Ed25519 key
 * @returns the public key
 * @throws Error when a file does not fit the manifest: a signature must not vouch for that
 */
export async function signVersion(
  folder: string,
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<string> {
  await requireWhole(folder);
  const manifest = new Uint8Array(await readFile(join(folder, MANIFEST_PATH)));
  const signature = await signManifest(manifest, privateKey);
  await writeJson(join(folder, SIGNATURE_PATH), signature);
  return signature.publicKey;
}
