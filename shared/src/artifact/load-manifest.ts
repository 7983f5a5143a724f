import type * as z from 'zod';
import { type Manifest, manifestSchema } from './manifest.ts';
import {
  ArtifactError,
  type ArtifactSource,
  readOrThrow,
  type Sha256,
  webCryptoSha256,
} from './verify.ts';

export const MANIFEST_PATH = 'manifest.json';

export interface LoadedManifest {
  readonly manifest: Manifest;
  /** Digest of the manifest's own bytes; the same on every engine. */
  readonly sha256: string;
}

/**
 * Reads and validates `manifest.json`.
 *
 * @throws ArtifactError `missing`, `not-json` or `invalid`
 */
export async function loadManifest(
  source: ArtifactSource,
  sha256: Sha256 = webCryptoSha256,
): Promise<LoadedManifest> {
  const bytes = await readOrThrow(source, MANIFEST_PATH);
  const manifest = parseJson(bytes, MANIFEST_PATH, manifestSchema);
  return { manifest, sha256: await sha256(bytes) };
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
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) =>
    `${issue.path.map(String).join('.')} ${issue.message}`.trim(),
  );
  throw new ArtifactError('invalid', path, `does not fit its schema: ${faults.join('; ')}`);
}
