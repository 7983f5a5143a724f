import type { Context } from 'hono';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppEnv } from '../context/app-env.ts';
import { readRange } from './byte-range.ts';
import { namesFile } from './entity-tags.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A file that a client may ask for. */
export interface FileToSend {
  /** A strong entity tag, in its quotes. */
  readonly etag: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Its bytes, which are not changed; undefined where it is gone. */
  readonly read: () => Promise<Bytes | undefined> | Bytes;
  /** The same as they come, where the runtime need not hold all of them. */
  readonly stream?: (() => Promise<ReadableStream<Uint8Array> | undefined>) | undefined;
}

/**
 * Answers with a file, with a part of it, or with word that the client has it already
 * (RFC 9110, sections 13 and 14).
 *
 * @throws ProblemError `not-found`, `precondition-failed`, `range-not-satisfiable`
 */
export async function sendFile(c: Context<AppEnv>, file: FileToSend): Promise<Response> {
  const { etag } = file;
  const headers = { ...file.headers, ETag: etag, 'Accept-Ranges': 'bytes' };
  const match = c.req.header('If-Match');
  if (match !== undefined && !namesFile(match, etag, 'strong')) {
    const detail = 'the file is not the one that If-Match names; ask for it without that header';
    throw new ProblemError('precondition-failed', detail, { headers: { ETag: etag } });
  }
  const noneMatch = c.req.header('If-None-Match');
  if (noneMatch !== undefined && namesFile(noneMatch, etag, 'weak')) {
    return c.body(null, 304, headers);
  }
  const sent = { ...headers, 'Content-Type': file.type };
  const range = c.req.header('Range');
  const unchanged = (c.req.header('If-Range') ?? etag) === etag;
  if (range === undefined || !unchanged || c.req.method !== 'GET') {
    const body = await (file.stream ?? file.read)();
    if (body === undefined) throw gone();
    return c.body(body, 200, sent);
  }
  const bytes = await file.read();
  if (bytes === undefined) throw gone();
  const part = readRange(range, bytes.length);
  if (part === undefined) return c.body(bytes, 200, sent);
  if (part === 'unsatisfiable') {
    throw new ProblemError('range-not-satisfiable', `the file has ${bytes.length} bytes`, {
      headers: { 'Content-Range': `bytes */${bytes.length}` },
    });
  }
  return c.body(bytes.subarray(part.start, part.end), 206, {
    ...sent,
    'Content-Range': `bytes ${part.start}-${part.end - 1}/${bytes.length}`,
  });
}

function gone(): ProblemError {
  return new ProblemError('not-found', 'there is no such file');
}
