import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createProgress } from '@naevus/shared/progress';
import { replaceFile } from '../../files/replace-file.ts';

/** A file on the web whose content is known in advance. */
export interface PublicFile {
  /** Unique among the files of a cache, also as a file name. */
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * The file out of the cache folder, fetched when it is not there or not whole.
 *
 * @returns its path
 * @throws Error that names the address, what went wrong and the file's digest.
 */
export async function fetchPublicFile(file: PublicFile, cacheFolder: string): Promise<string> {
  const path = join(cacheFolder, file.name);
  if (await isWhole(path, file)) return path;
  await mkdir(cacheFolder, { recursive: true });
  try {
    await replaceFile(path, async (partial) => {
      await download(file, partial);
      if (await isWhole(partial, file)) return;
      throw new Error(`the server sent another file than expected (sha256 ${file.sha256})`);
    });
    return path;
  } catch (cause) {
    const reason = cause instanceof Error ? describe(cause) : String(cause);
    throw new Error(`could not fetch ${file.url}: ${reason}`, { cause });
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

async function download({ url, bytes, name }: PublicFile, path: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  }
  const progress = createProgress(`fetching ${basename(name)} (bytes)`, bytes);
  let received = 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      progress.advance(chunk.length);
      done(received > bytes ? new Error(`it is longer than ${bytes} bytes`) : null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), count, createWriteStream(path));
  } finally {
    progress.done();
  }
  if (received < bytes) throw new Error(`it broke off after ${received} of ${bytes} bytes`);
}

/** fetch hides what went wrong in the error's cause. */
function describe({ message, cause }: Error): string {
  const code =
    cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : '';
  return code ? `${message} (${code})` : message;
}
