import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppEnv } from '../context/app-env.ts';
import { readRange } from './byte-range.ts';
import { namesFile } from './entity-tags.ts';
import { type FileToSend, sendFile } from './send-file.ts';

const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i);
const ETAG = '"abc"';

const app = new Hono<AppEnv>();
const file: FileToSend = {
  etag: ETAG,
  type: 'application/wasm',
  headers: { 'Cache-Control': 'no-cache' },
  read: () => BYTES,
};
app.get('/', (c) => sendFile(c, file));
app.get('/streamed', (c) => {
  const stream = async () => new Blob([BYTES]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>;
  return sendFile(c, { ...file, stream });
});
app.get('/gone', (c) => sendFile(c, { ...file, read: async () => undefined }));
app.onError((error, c) => {
  if (!(error instanceof ProblemError)) throw error;
  return c.text(error.kind, error.status, error.headers);
});

const ask = (headers: Record<string, string>, path = '/', method = 'GET') =>
  app.request(path, { method, headers });

describe('a file', () => {
  it.each(['/', '/streamed'])('comes whole from %s', async (path) => {
    const response = await ask({}, path);
    expect(response.status).toBe(200);
    expect(response.headers.get('ETag')).toBe(ETAG);
    expect(response.headers.get('Accept-Ranges')).toBe('bytes');
    expect(response.headers.get('Content-Type')).toBe('application/wasm');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(BYTES);
  });

  it('that is gone is a 404', async () => {
    expect((await ask({}, '/gone')).status).toBe(404);
  });

  it.each([
    ['*', 304],
    ['"abc"', 304],
    ['W/"abc"', 304],
    ['"x", "abc"', 304],
    ['"x,y","abc"', 304],
    ['"abcd"', 200],
    ['abc', 200],
    ['"x"', 200],
    ['', 200],
  ])('with If-None-Match: %s is a %i', async (value, status) => {
    const response = await ask({ 'If-None-Match': value });
    expect(response.status).toBe(status);
    expect(response.headers.get('ETag')).toBe(ETAG);
    expect((await response.arrayBuffer()).byteLength).toBe(status === 304 ? 0 : 100);
  });

  it.each([
    ['*', 200],
    ['"x", "abc"', 200],
    ['W/"abc"', 412],
    ['"x"', 412],
  ])('with If-Match: %s is a %i', async (value, status) => {
    expect((await ask({ 'If-Match': value })).status).toBe(status);
  });

  it.each<[string, string | null, number[]]>([
    ['bytes=0-9', 'bytes 0-9/100', [0, 10]],
    ['bytes=90-', 'bytes 90-99/100', [90, 100]],
    ['bytes=90-1000', 'bytes 90-99/100', [90, 100]],
    ['bytes=-5', 'bytes 95-99/100', [95, 100]],
    ['bytes=-500', 'bytes 0-99/100', [0, 100]],
    ['bytes=5-5', 'bytes 5-5/100', [5, 6]],
  ])('in part, %s', async (range, contentRange, [start, end]) => {
    for (const path of ['/', '/streamed']) {
      const response = await ask({ Range: range }, path);
      expect(response.status).toBe(206);
      expect(response.headers.get('Content-Range')).toBe(contentRange);
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(BYTES.subarray(start, end));
    }
  });

  it.each(['bytes=100-', 'bytes=200-300', 'bytes=-0'])('has no bytes %s', async (range) => {
    const response = await ask({ Range: range });
    expect(response.status).toBe(416);
    expect(response.headers.get('Content-Range')).toBe('bytes */100');
  });

  it.each(['bytes=9-0', 'bytes=-', 'bytes=0-1,5-6', 'lines=0-9', 'bytes=a-b', 'bytes 0-9'])(
    'is sent whole for what is not one range: %s',
    async (range) => {
      expect((await ask({ Range: range })).status).toBe(200);
    },
  );

  it('is sent whole where If-Range names another, and to HEAD', async () => {
    const Range = 'bytes=0-9';
    expect((await ask({ Range, 'If-Range': ETAG })).status).toBe(206);
    expect((await ask({ Range, 'If-Range': '"x"' })).status).toBe(200);
    expect((await ask({ Range, 'If-Range': 'W/"abc"' })).status).toBe(200);
    expect((await ask({ Range }, '/', 'HEAD')).status).toBe(200);
  });

  it('that the client has already is not sent in part', async () => {
    expect((await ask({ Range: 'bytes=0-9', 'If-None-Match': ETAG })).status).toBe(304);
  });
});

describe('an empty file', () => {
  it('has no range', () => {
    expect(readRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(readRange('bytes=-1', 0)).toBe('unsatisfiable');
  });
});

describe('a list of entity tags', () => {
  it('of ten thousand is read in no time', () => {
    const header = '"'.repeat(10_000);
    const start = performance.now();
    expect(namesFile(header, ETAG, 'weak')).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
