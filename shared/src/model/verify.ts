import type { ArtifactFile, Manifest } from './manifest.ts';

/** Where an artifact's files come from: a folder, static assets, a bundle. */
export interface ArtifactSource {
  /**
   * @param path relative to the version's folder, forward slashes
   * @returns the file's bytes, or undefined where there is no such file
   */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The same as it comes, where the source need not hold all of it. */
  stream?(path: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined>;
}

/** Lower-case hex SHA-256 of some bytes. */
export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => string | Promise<string>;

export type ArtifactFault =
  | 'missing'
  | 'not-json'
  | 'invalid'
  | 'not-listed'
  | 'wrong-size'
  | 'wrong-hash'
  | 'wrong-version'
  | 'unsigned'
  | 'untrusted-key'
  | 'wrong-signature';

/** A model artifact that must not be served: `code` says why, `path` which of its files. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
  readonly code: ArtifactFault;
  readonly path: string;

  constructor(code: ArtifactFault, path: string, detail: string) {
    super(`${path}: ${detail}`);
    this.code = code;
    this.path = path;
  }
}

/** {@link Sha256} by Web Crypto, which every runtime has. */
export async function webCryptoSha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Reads a file of the artifact and holds it against its entry in the manifest.
 *
 * @throws ArtifactError `not-listed`, `missing`, `wrong-size` or `wrong-hash`
 */
export async function loadFile(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files'>,
  path: string,
  sha256: Sha256 = webCryptoSha256,
): Promise<Uint8Array<ArrayBuffer>> {
  const entry = manifest.files.find((file) => file.path === path);
  if (entry === undefined) {
    throw new ArtifactError('not-listed', path, 'is not among the files that the manifest lists');
  }
  const bytes = await readOrThrow(source, path);
  await verifyFile(bytes, entry, sha256);
  return bytes;
}

/**
 * Holds bytes against their entry in the manifest.
 *
 * @throws ArtifactError `wrong-size` or `wrong-hash`
 */
export async function verifyFile(
  bytes: Uint8Array<ArrayBuffer>,
  entry: ArtifactFile,
  sha256: Sha256 = webCryptoSha256,
): Promise<void> {
  if (bytes.length !== entry.bytes) {
    const sizes = `has ${bytes.length} bytes where the manifest says ${entry.bytes}`;
    throw new ArtifactError('wrong-size', entry.path, `${sizes}; restore the file or export again`);
  }
  const actual = await sha256(bytes);
  if (actual !== entry.sha256) {
    const hashes = `has sha256 ${actual} where the manifest says ${entry.sha256}`;
    throw new ArtifactError(
      'wrong-hash',
      entry.path,
      `${hashes}; restore the file or export again`,
    );
  }
}

/**
 * Holds every file that a manifest lists to its entry there.
 *
 * @returns what is wrong, one a file; empty where the artifact is whole
 */
export async function verifyFiles(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files'>,
  sha256: Sha256 = webCryptoSha256,
): Promise<ArtifactError[]> {
  const faults: ArtifactError[] = [];
  for (const { path } of manifest.files) {
    await loadFile(source, manifest, path, sha256).catch((error: unknown) => {
      if (!(error instanceof ArtifactError)) throw error;
      faults.push(error);
    });
  }
  return faults;
}

/** @throws ArtifactError `missing` */
export async function readOrThrow(
  source: ArtifactSource,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await source.read(path);
  if (bytes === undefined) throw new ArtifactError('missing', path, 'is missing from the artifact');
  return bytes;
}
