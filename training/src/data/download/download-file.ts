import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createProgress, type ProgressStream } from '@naevus/shared/progress';
import { z } from 'zod';
import { DownloadError, explainWriteError } from './download-error.ts';

export interface DownloadOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the file goes once it is whole; `FILE.partial` until then. */
  readonly file: string;
  /** Of the whole file, lower-case hex. The server's own digest is checked either way, where it sends one. */
  readonly sha256?: string | undefined;
  /** What to do about a status, where more can be said than the number. */
  readonly explain?: (status: number) => string | undefined;
  readonly log?: (line: string) => void;
  readonly progress?: ProgressStream;
  /** Waits before trying again after a failure, in ms; the first is for the first failure in a row. */
  readonly waits?: readonly number[];
  /** A connection that sends nothing for so long is given up. */
  readonly idleMs?: number;
}

const WAITS = [1_000, 5_000, 15_000, 60_000, 180_000];
const LONGEST_WAIT_MS = 600_000;
const MEGABYTE = 1_000_000;

/** Beside `FILE.partial`: of what it is a part. */
const partSchema = z.object({ url: z.string(), validator: z.string().nullable() });

/** Not whole yet, and worth another try. */
class Interrupted extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Downloads a file, going on where an earlier try broke off (RFC 9110, sections 13.1.5 and 14.2): within one call
 * after a cut connection, a 429 or a 5xx, and in a later call after anything.
 *
 * @throws DownloadError when the server refuses, goes on failing, or what came is not what it should be
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const { file, waits = WAITS, log = () => {} } = options;
  let failures = 0;
  for (;;) {
    const before = await sizeOf(`${file}.partial`);
    try {
      const md5 = await fetchRest(options);
      await checkDigests(options, md5);
      await rename(`${file}.partial`, file);
      await rm(`${file}.partial.json`, { force: true });
      return;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      // What came meanwhile is progress: only failures in a row are counted.
      failures = (await sizeOf(`${file}.partial`)) > before ? 1 : failures + 1;
      const wait = waits[failures - 1];
      if (wait === undefined) {
        const kept = 'What came is kept: run the same command again to continue';
        throw new DownloadError(`${error.message}, ${failures} times in a row. ${kept}`);
      }
      const pause = Math.min(Math.max(wait, error.retryAfterMs ?? 0), LONGEST_WAIT_MS);
      log(`${error.message}: trying again in ${Math.ceil(pause / 1000)} s`);
      await delay(pause);
    }
  }
}

/** @returns the MD5 that the server gives for the whole file, base64, where it does. */
async function fetchRest(options: DownloadOptions): Promise<string | undefined> {
  const { url, file, explain } = options;
  const partial = `${file}.partial`;
  const part = await readPart(`${partial}.json`, url);
  const have = part?.validator ? await sizeOf(partial) : 0;
  const range: Record<string, string> =
    have > 0 ? { Range: `bytes=${have}-`, 'If-Range': part!.validator! } : {};

  const idle = new AbortController();
  const idleMs = options.idleMs ?? 60_000;
  let timer = setTimeout(() => idle.abort(), idleMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => idle.abort(), idleMs);
  };
  try {
    const response = await fetch(url, {
      headers: { ...options.headers, ...range, 'Accept-Encoding': 'identity' },
      signal: idle.signal,
    }).catch((error: unknown) => {
      throw new Interrupted(`${hostOf(url)} cannot be reached (${reasonOf(error)})`);
    });
    alive();
    const md5 = googleMd5(response.headers);
    const { status } = response;
    if (status === 416 && have > 0 && totalOf(response, 0) === have) {
      await response.body?.cancel();
      return md5;
    }
    if (status === 416) {
      await rm(partial, { force: true });
      throw new Interrupted(`${hostOf(url)} has not the part that is missing: from the beginning`);
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const told = explain?.(status) ?? `${hostOf(url)} answers ${status}`;
      if (status === 429 || status >= 500) throw new Interrupted(told, retryAfter(response));
      throw new DownloadError(told);
    }
    const resumed =
      status === 206 && response.headers.get('Content-Range')?.startsWith(`bytes ${have}-`);
    const start = resumed ? have : 0;
    const total = totalOf(response, start);
    await requireSpace(file, total === undefined ? undefined : total - start);
    await writeFile(
      `${partial}.json`,
      JSON.stringify({ url, validator: strongValidator(response.headers) }),
    ).catch((error: unknown) => {
      throw explainWriteError(error, partial);
    });
    await receive(response, { ...options, start, total, alive });
    return md5;
  } finally {
    clearTimeout(timer);
  }
}

async function receive(
  response: Response,
  {
    file,
    start,
    total,
    alive,
    progress: stream,
    url,
  }: DownloadOptions & {
    readonly start: number;
    readonly total: number | undefined;
    readonly alive: () => void;
  },
): Promise<void> {
  const partial = `${file}.partial`;
  const progress = createProgress('downloading MB', Math.ceil((total ?? 0) / MEGABYTE), {
    ...(stream && { stream }),
  });
  let received = start;
  let shown = 0;
  const show = () => {
    const megabytes = Math.floor(received / MEGABYTE);
    if (megabytes > shown) progress.advance(megabytes - shown);
    shown = megabytes;
  };
  show();
  async function* counted(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      alive();
      received += chunk.length;
      show();
      yield chunk;
    }
  }
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  const target = createWriteStream(partial, { flags: start > 0 ? 'a' : 'w' });
  let writeError: unknown;
  target.once('error', (error) => {
    writeError = error;
  });
  try {
    await pipeline(body, counted, target);
  } catch (error) {
    if (writeError) throw explainWriteError(writeError, partial);
    throw new Interrupted(`the connection to ${hostOf(url)} was cut (${reasonOf(error)})`);
  }
  if (total !== undefined && received < total) {
    throw new Interrupted(`${hostOf(url)} sent ${received} of ${total} bytes`);
  }
  progress.advance(Math.ceil(received / MEGABYTE) - shown);
  progress.done();
}

async function checkDigests(
  { file, sha256 }: DownloadOptions,
  md5: string | undefined,
): Promise<void> {
  const partial = `${file}.partial`;
  const [own, servers] = [createHash('sha256'), createHash('md5')];
  for await (const chunk of createReadStream(partial)) {
    own.update(chunk as Buffer);
    servers.update(chunk as Buffer);
  }
  const found = own.digest('hex');
  const faults = [
    ...(sha256 !== undefined && found !== sha256 ? [`its sha256 is ${found}, not ${sha256}`] : []),
    ...(md5 !== undefined && servers.digest('base64') !== md5
      ? ['its MD5 is not the one that the server gives']
      : []),
  ];
  if (faults.length === 0) return;
  await rm(partial);
  await rm(`${partial}.json`, { force: true });
  throw new DownloadError(`what came is not the file: ${faults.join(', ')}. It was removed`);
}

async function requireSpace(file: string, bytes: number | undefined): Promise<void> {
  if (bytes === undefined) return;
  const { bavail, bsize } = await statfs(dirname(file));
  const free = bavail * bsize;
  if (free >= bytes) return;
  const [needed, left] = [bytes, free].map((size) => (size / MEGABYTE).toFixed(0));
  throw new DownloadError(`the disk is too full: ${needed} MB are to come, ${left} MB are free`);
}

async function readPart(
  path: string,
  url: string,
): Promise<z.infer<typeof partSchema> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => 'null');
  try {
    const part = partSchema.safeParse(JSON.parse(text));
    return part.success && part.data.url === url ? part.data : undefined;
  } catch {
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** Bytes of the whole file; undefined where the server does not say. */
function totalOf({ headers }: Response, start: number): number | undefined {
  const range = headers.get('Content-Range')?.match(/\/(\d+)$/);
  if (range) return Number(range[1]);
  const length = headers.get('Content-Length');
  return length === null ? undefined : start + Number(length);
}

/** What `If-Range` may carry: a weak entity tag may not (RFC 9110, section 13.1.5). */
function strongValidator(headers: Headers): string | null {
  const tag = headers.get('ETag');
  return tag?.startsWith('"') ? tag : headers.get('Last-Modified');
}

/** Google Cloud Storage, to which Kaggle sends downloads, gives digests of the stored object. */
function googleMd5(headers: Headers): string | undefined {
  return headers.get('x-goog-hash')?.match(/(?:^|[,\s])md5=([A-Za-z0-9+/]{22}==)/)?.[1];
}

function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('Retry-After');
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Never the whole address: it may carry a signature. */
function hostOf(url: string): string {
  return new URL(url).host;
}

function reasonOf(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === 'AbortError') return 'nothing came for too long';
  return cause?.code ?? cause?.message ?? message;
}
