import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenLocally } from '../../../../test/helpers/listen-locally.ts';
import type { AppEnv } from '../../../http/context/app-env.ts';
import { receiveBody } from './request-body.ts';

/** What the app was given, or how its reading failed. */
const bodies: (Uint8Array<ArrayBuffer> | Error)[] = [];

/** Bytes of each piece that came, and after how many the reader has enough. */
const counts: number[] = [];
let most = Number.POSITIVE_INFINITY;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

let server: Server;
let port: number;

beforeAll(async () => {
  const app = new Hono<AppEnv>().post('/', async (c) => {
    const body = await receiveBody(c, (count) => {
      counts.push(count);
      if (sum(counts) > most) throw new Error('enough');
    }).catch((error: Error) => error);
    bodies.push(body);
    return c.text('');
  });
  ({ server, port } = await listenLocally(app, { timeoutSeconds: 30, keepAliveSeconds: 30 }));
});

afterAll(() => {
  server.close();
});

/** Sends the parts one after another, each as a packet of its own, and takes the body that came of it. */
async function send(
  length: number,
  parts: readonly Uint8Array[],
): Promise<Uint8Array<ArrayBuffer> | Error> {
  const before = bodies.length;
  counts.length = 0;
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  socket.write(
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`,
  );
  for (const part of parts) {
    socket.write(part);
    await delay(20);
  }
  socket.end();
  await expect.poll(() => bodies.length, { interval: 5 }).toBe(before + 1);
  socket.destroy();
  return bodies.at(-1)!;
}

const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 2_654_435_761) >>> 24);

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a body', () => {
  it.each([
    ['in one piece', 50_000, [50_000]],
    ['in pieces', 50_000, [1, 20_000, 29_999]],
    ['larger than what is read at once', 1_000_000, [1_000_000]],
    ['of one byte', 1, [1]],
  ])('comes as it was sent, %s, and has its memory to itself', async (_, length, sizes) => {
    const sent = noise(length);
    const parts = sizes.map((size, i) => {
      const start = sizes.slice(0, i).reduce((sum, before) => sum + before, 0);
      return sent.subarray(start, start + size);
    });
    const body = (await send(length, parts)) as Uint8Array<ArrayBuffer>;
    expect(body.length).toBe(length);
    expect(digest(body)).toBe(digest(sent));
    expect(sum(counts)).toBe(length);
    // What a worker needs: it takes the memory away.
    expect(body.buffer.byteLength).toBe(length);
    structuredClone(body, { transfer: [body.buffer] });
    expect(body.length).toBe(0);
  });

  it('fails where the connection breaks before its end', async () => {
    expect(await send(50_000, [noise(20_000)])).toBeInstanceOf(Error);
  });

  it('is read no further once the reader has enough', async () => {
    most = 30_000;
    const parts = [noise(20_000), noise(20_000), noise(20_000)];
    expect(await send(60_000, parts)).toEqual(new Error('enough'));
    most = Number.POSITIVE_INFINITY;
    expect(sum(counts)).toBe(40_000);
  });

  it('comes as it was sent in pieces of a few bytes, each of which would cost more than it holds', async () => {
    const sent = noise(3000);
    const parts = Array.from({ length: 100 }, (_, i) => sent.subarray(30 * i, 30 * (i + 1)));
    const body = (await send(sent.length, parts)) as Uint8Array<ArrayBuffer>;
    expect(counts.length).toBeGreaterThan(10);
    expect(digest(body)).toBe(digest(sent));
  });
});
