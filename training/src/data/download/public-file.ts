import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { replaceFile } from '../../files/replace-file.ts';
import { downloadFile } from './download-file.ts';

/** A file on the web whose content is known in advance. */
export interface PublicFile {
  /** Unique among the files of a cache, also as a file name. */
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Waits before trying again, in ms: shorter than for a large archive, because --weights takes another copy. */
const WAITS = [1_000, 5_000];

/**
 * The file in the cache folder, downloaded when it is not there or is damaged.
 *
 * @param waits before trying again, in ms
 * @returns its path
 * @throws Error that names the address, what went wrong and the file's digest.
 */
export async function fetchPublicFile(
  file: PublicFile,
  cacheFolder: string,
  waits: readonly number[] = WAITS,
): Promise<string> {
  const path = join(cacheFolder, file.name);
  if (await isWhole(path, file)) return path;
  await mkdir(cacheFolder, { recursive: true });
  try {
    await replaceFile(path, async (partial) => {
      try {
        await downloadFile({ url: file.url, file: partial, sha256: file.sha256, waits });
      } finally {
        for (const rest of ['.partial', '.partial.json']) await rm(partial + rest, { force: true });
      }
    });
    return path;
  } catch (cause) {
    throw new Error(
      `could not fetch ${file.url} (sha256 ${file.sha256}): ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Lower-case hex SHA-256 of a file. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function isWhole(path: string, { bytes, sha256 }: PublicFile): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.size === bytes && (await fileSha256(path)) === sha256;
}
