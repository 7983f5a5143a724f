import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppEnv } from '../../../http/context/app-env.ts';
import { createHttpServer } from './http-server.ts';

/** What the app was given, or how its reading failed. */
const bodies: (ArrayBuffer | Error)[] = [];

let server: Server;
let port: number;

beforeAll(async () => {
  const app = new Hono<AppEnv>().post('/', async (c) => {
    const body = await c.req.raw.arrayBuffer().catch((error: Error) => error);
    bodies.push(body);
    return c.text('');
  });
  server = createHttpServer(app, {
    timeoutSeconds: 30,
    onDefect(error) {
      throw error;
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.close();
});

/** Sends the parts one after another, each as a packet of its own, and takes the body that came of it. */
async function send(length: number, backend: readonly Uint8Array[]): Promise<ArrayBuffer | Error> {
  const before = bodies.length;
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  socket.write(
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`,
  );
  for (const part of backend) {
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
    const backend = sizes.map((size, i) => {
      const start = sizes.slice(0, i).reduce((sum, before) => sum + before, 0);
      return sent.subarray(start, start + size);
    });
    const body = await send(length, backend);
    expect(body).toBeInstanceOf(ArrayBuffer);
    expect((body as ArrayBuffer).byteLength).toBe(length);
    expect(digest(new Uint8Array(body as ArrayBuffer))).toBe(digest(sent));
    // What a worker needs: it takes the memory away.
    structuredClone(body, { transfer: [body as ArrayBuffer] });
    expect((body as ArrayBuffer).byteLength).toBe(0);
  });

  it('fails where the connection breaks before its end', async () => {
    expect(await send(50_000, [noise(20_000)])).toBeInstanceOf(Error);
  });
});
