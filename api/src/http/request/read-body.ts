import type { HonoRequest } from 'hono';
import { ProblemError } from '../../answers/problem-error.ts';
import type { Limits } from '../../answers/request-limits.ts';

/** A body over the limit, as a problem. */
export function bodyTooLarge(maxBodyBytes: number): ProblemError {
  const limit = `${maxBodyBytes} bytes (${(maxBodyBytes / 2 ** 20).toFixed(1)} MiB)`;
  return new ProblemError('body-too-large', `a body may have ${limit}; send a smaller image`);
}

/** What `Content-Length` says, or undefined where the body comes in chunks. */
export function declaredLength(request: Pick<HonoRequest, 'header'>): number | undefined {
  const header = request.header('Content-Length');
  return header === undefined ? undefined : Number(header);
}

/**
 * Reads a whole body into memory, never more of it than the limit.
 *
 * @throws ProblemError `body-too-large`, `request-timeout`, `empty-body`, `bad-request` (cut off)
 */
export async function readBody(
  request: HonoRequest,
  limits: Limits,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = declaredLength(request);
  if (length !== undefined && length > limits.maxBodyBytes) throw bodyTooLarge(limits.maxBodyBytes);
  // With a declared length the server itself stops there; only chunks need to be counted.
  const reading = length === undefined ? readChunks(request, limits) : readDeclared(request);
  const bytes = await within(limits.timeoutSeconds, reading);
  if (bytes.length === 0) {
    throw new ProblemError('empty-body', 'the body has no bytes; send a JPEG, PNG or WebP image');
  }
  return bytes;
}

async function readDeclared(request: HonoRequest): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await request.raw.arrayBuffer());
  } catch {
    throw cutOff();
  }
}

async function readChunks(
  request: HonoRequest,
  { maxBodyBytes }: Limits,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = request.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw cutOff();
    });
    if (done) break;
    length += value.length;
    if (length > maxBodyBytes) {
      reader.cancel().catch(() => {});
      throw bodyTooLarge(maxBodyBytes);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function cutOff(): ProblemError {
  return new ProblemError('bad-request', 'the connection broke before the whole body had come');
}

async function within<T>(seconds: number, reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const detail = `the body took longer than ${seconds} s to arrive; the connection is closed`;
      reject(new ProblemError('request-timeout', detail, { headers: { Connection: 'close' } }));
    }, seconds * 1000);
  });
  // The loser of the race may still fail: a socket that closes after the answer is no news.
  reading.catch(() => {});
  try {
    return await Promise.race([reading, tooSlow]);
  } finally {
    clearTimeout(timer);
  }
}
