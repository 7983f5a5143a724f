import type { Context } from 'hono';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';

/** What reading a body takes. */
export type BodyDependencies = Pick<
  AppDependencies,
  'limits' | 'bodies' | 'receiveBody' | 'runParser'
>;

/** A body over the limit, as a problem. */
export function bodyTooLarge(maxBodyBytes: number): ProblemError {
  const limit = `${maxBodyBytes} bytes (${(maxBodyBytes / 2 ** 20).toFixed(1)} MiB)`;
  return new ProblemError('body-too-large', `a body may have ${limit}; send a smaller image`);
}

/** What `Content-Length` says, or undefined where the body comes in chunks. */
export function declaredLength(request: {
  header(name: string): string | undefined;
}): number | undefined {
  const header = request.header('Content-Length');
  return header === undefined ? undefined : Number(header);
}

/**
 * Reads a whole body into memory, never more of it than the limit, and not before there is room for it. A declared
 * length over the limit was refused before.
 *
 * @throws ProblemError `body-too-large`, `busy`, `request-timeout`, `empty-body`, `bad-request` (cut off)
 */
export async function readBody(
  c: Context<AppEnv>,
  { limits, bodies, receiveBody = receiveStream }: BodyDependencies,
): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBodyBytes, timeoutSeconds } = limits;
  const encoding = c.req.header('Content-Encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') throw compressed();
  const declared = declaredLength(c.req);
  const lease = await bodies.reserve(declared, c.req.raw.signal);
  c.set('bodyLease', lease);
  let length = 0;
  let ended: unknown;
  const reading = receiveBody(c, (count) => {
    if (ended !== undefined) throw ended;
    length += count;
    if (length > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
    lease.receive(count);
  });
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await within(timeoutSeconds, [reading, lease.evicted]);
  } catch (error) {
    // What still comes is not kept.
    ended = error;
    throw error instanceof ProblemError ? error : cutOff();
  }
  lease.complete();
  if (bytes.length === 0) {
    throw new ProblemError('empty-body', 'the body has no bytes; send a JPEG, PNG or WebP image');
  }
  return bytes;
}

/** By the stream that every platform has. */
async function receiveStream(
  c: Context<AppEnv>,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      onBytes(value.length);
      chunks.push(value);
    }
  } finally {
    // What is left of a body that is refused is the runtime's to discard.
    reader.releaseLock();
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function compressed(): ProblemError {
  const detail =
    'the body is compressed, as its Content-Encoding says; compressed bodies are not read: send it as it is';
  return new ProblemError('malformed-body', detail, { headers: { 'Accept-Encoding': 'identity' } });
}

function cutOff(): ProblemError {
  return new ProblemError('bad-request', 'the connection broke before the whole body had come');
}

async function within<T>(seconds: number, readings: readonly Promise<T>[]): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const detail = `the body took longer than ${seconds} s to arrive; the connection is closed`;
      reject(new ProblemError('request-timeout', detail, { headers: { Connection: 'close' } }));
    }, seconds * 1000);
  });
  // The loser of the race may still fail: a socket that closes after the answer is no news.
  for (const reading of readings) reading.catch(() => {});
  try {
    return await Promise.race([...readings, tooSlow]);
  } finally {
    clearTimeout(timer);
  }
}
