import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { createProgress, type ProgressStream } from '@naevus/shared/progress';
import { type Entry, openPromise } from 'yauzl';
import { DownloadError, explainWriteError } from './download-error.ts';

const WANTED = /\.(jpe?g|png|webp)$|metadata[^/]*\.csv$/i;

/**
 * Unpacks the images and their CSV out of a ZIP archive, one after another, each held to its checksum. A file that
 * stands in the archive twice under one name, as every image of Kaggle's does, is written once.
 *
 * @param folder where the archive's folders go
 * @param options.wanted which files, by their path in the archive
 * @throws DownloadError when the archive is damaged, holds nothing that is wanted, or two different files under one
 *   name
 */
export async function unpackArchive(
  archive: string,
  folder: string,
  {
    stream,
    wanted = (name) => WANTED.test(name),
  }: { readonly stream?: ProgressStream; readonly wanted?: (name: string) => boolean } = {},
): Promise<void> {
  const damaged = (error: unknown) =>
    new DownloadError(
      `${archive} is damaged or no ZIP archive (${(error as Error).message}): remove it and download again`,
      { cause: error },
    );
  const zip = await openPromise(archive, { autoClose: true }).catch((error: unknown) => {
    throw damaged(error);
  });
  const progress = createProgress('unpacking files', zip.entryCount, { ...(stream && { stream }) });
  const written = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      progress.advance(1);
      if (entry.fileName.endsWith('/') || !wanted(entry.fileName)) continue;
      const name = basename(entry.fileName);
      const before = written.get(name);
      if (before) {
        if (before.crc32 === entry.crc32 && before.uncompressedSize === entry.uncompressedSize)
          continue;
        throw new DownloadError(`${archive} holds two different files called ${name}`);
      }
      written.set(name, entry);
      const path = join(folder, entry.fileName);
      await mkdir(dirname(path), { recursive: true });
      await write(await zip.openReadStreamPromise(entry), path, entry);
    }
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    const explained = explainWriteError(error, folder);
    throw explained === error && !isSystemError(error) ? damaged(error) : explained;
  }
  progress.done();
  if (written.size === 0)
    throw new DownloadError(`${archive} holds neither images nor a CSV that are looked for`);
}

async function write(content: Readable, path: string, entry: Entry): Promise<void> {
  let checksum = 0;
  async function* checked(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
    if (checksum !== entry.crc32) throw new Error(`the checksum of ${entry.fileName} is wrong`);
  }
  await pipeline(content, checked, createWriteStream(path));
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
