import type * as z from 'zod';
import { checkSchema } from '../validation/check-schema.ts';
import { currentSchema, type Manifest, manifestSchema } from './manifest.ts';
import { SIGNATURE_PATH, signatureSchema, verifySignature } from './signature.ts';
import {
  ArtifactError,
  type ArtifactSource,
  readOrThrow,
  type Sha256,
  webCryptoSha256,
} from './verify.ts';

export const MANIFEST_PATH = 'manifest.json';

/** Beside the versions' folders: which version is served by default. */
export const CURRENT_PATH = 'current.json';

export interface LoadedManifest {
  readonly manifest: Manifest;
  /** Digest of the manifest's own bytes; the same on every engine. */
  readonly sha256: string;
}

/** What a manifest must be besides valid. */
export interface ManifestDemands {
  /** Public keys (`publicKeySchema`), one of which must have signed it. Left out: signatures are not checked. */
  readonly trustedKeys?: readonly string[];
  /** The version that was asked for: an older one, however well signed, must not stand in its place. */
  readonly version?: string;
}

/**
 * Reads and validates `manifest.json`, and holds it to what is demanded of it.
 *
 * @throws ArtifactError `missing`, `not-json`, `invalid`, `wrong-version`, `unsigned`, `untrusted-key` or
 *   `wrong-signature`
 */
export async function loadManifest(
  source: ArtifactSource,
  sha256: Sha256 = webCryptoSha256,
  { trustedKeys, version }: ManifestDemands = {},
): Promise<LoadedManifest> {
  const bytes = await readOrThrow(source, MANIFEST_PATH);
  if (trustedKeys) await requireSignature(source, bytes, trustedKeys);
  const manifest = parseJson(bytes, MANIFEST_PATH, manifestSchema);
  if (version !== undefined && manifest.version !== version) {
    const detail = `is of version ${manifest.version} where ${version} should be`;
    throw new ArtifactError('wrong-version', MANIFEST_PATH, detail);
  }
  return { manifest, sha256: await sha256(bytes) };
}

/**
 * The version that `current.json` names; undefined where there is no such file.
 *
 * @param store the folder of all versions
 * @throws ArtifactError `not-json`, `invalid`
 */
export async function readCurrentVersion(store: ArtifactSource): Promise<string | undefined> {
  const bytes = await store.read(CURRENT_PATH);
  return bytes && parseJson(bytes, CURRENT_PATH, currentSchema).version;
}

async function requireSignature(
  source: ArtifactSource,
  manifest: Uint8Array<ArrayBuffer>,
  trustedKeys: readonly string[],
): Promise<void> {
  const signature = await source.read(SIGNATURE_PATH);
  if (signature === undefined) {
    const detail = `is not signed: there is no ${SIGNATURE_PATH} beside it`;
    throw new ArtifactError('unsigned', MANIFEST_PATH, detail);
  }
  await verifySignature(
    manifest,
    parseJson(signature, SIGNATURE_PATH, signatureSchema),
    trustedKeys,
  );
}

/**
 * Parses a JSON file of an artifact.
 *
 * @throws ArtifactError `not-json` or `invalid`, naming each member that is wrong
 */
export function parseJson<T>(bytes: Uint8Array, path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ArtifactError('not-json', path, 'is not JSON');
  }
  const { data, faults } = checkSchema(schema, value);
  if (faults === undefined) return data;
  throw new ArtifactError('invalid', path, `does not fit its schema: ${faults.join('; ')}`);
}
