import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listenLocally } from '../../../../test/helpers/listen-locally.ts';
import type { AppEnv } from '../../../http/context/app-env.ts';
import type { Connections } from './connections.ts';

const LARGE = new Uint8Array(8 << 20);

let server: Server;
let connections: Connections;
let port: number;
/** Requests to /held, in order; each answers once it is called. */
let held: (() => void)[];

beforeAll(async () => {
  const app = new Hono<AppEnv>()
    .get('/small/:n', (c) => c.text(c.req.param('n')))
    .get('/large', (c) => c.body(LARGE))
    .get('/held', async (c) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return c.text('held');
    })
    .post('/unread', (c) => c.text('no', 401));
  const seconds = { timeoutSeconds: 1, keepAliveSeconds: 2 };
  ({ server, connections, port } = await listenLocally(app, seconds));
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  held = [];
});

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Everything that comes until the server closes the connection. */
async function all(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
}

const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status!);

/** What the server has of connections and requests. */
const left = () => [connections.count, connections.unanswered];

describe('requests that a client sends ahead', () => {
  it('are answered in order', async () => {
    const socket = await open();
    const numbers = Array.from({ length: 500 }, (_, i) => String(i));
    socket.write(numbers.map((n) => get(`/small/${n}`)).join(''));
    socket.end('GET /small/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const bodies = [...(await all(socket)).matchAll(/\r\n\r\n(\d+|last)/g)].map(([, body]) => body);
    expect(bodies).toEqual([...numbers, 'last']);
  });

  it('wait for the one before them', async () => {
    const socket = await open();
    socket.write(get('/held').repeat(3));
    await expect.poll(() => held.length).toBe(1);
    await delay(50);
    expect(held.length).toBe(1);
    expect(connections.unanswered).toBe(3);
    held[0]!();
    await expect.poll(() => held.length).toBe(2);
    socket.destroy();
    await expect.poll(left).toEqual([0, 0]);
  });

  it('leave nothing behind when it closes the connection', async () => {
    for (const path of ['/large', '/held']) {
      const socket = await open();
      socket.pause();
      socket.write(get(path).repeat(500));
      await expect.poll(() => connections.unanswered).toBe(500);
      socket.destroy();
      await expect.poll(left).toEqual([0, 0]);
    }
  });

  it('are bounded: the connection closes after the last that it took', async () => {
    const socket = await open();
    socket.write(get('/held') + get('/small/1').repeat(1500));
    await expect.poll(() => held.length).toBe(1);
    expect(connections.unanswered).toBe(1001);
    held[0]!();
    const text = await all(socket);
    expect(statuses(text)).toEqual(Array(1001).fill('200'));
    expect(text.match(/^connection: close\r$/gim)).toHaveLength(1);
    expect(text.lastIndexOf('onnection: close')).toBeGreaterThan(text.lastIndexOf('HTTP/1.1'));
  });

  it('are answered before what is no request is refused', async () => {
    const socket = await open();
    socket.write(`${get('/held')}${get('/small/2')}nonsense\r\n\r\n`);
    await expect.poll(() => held.length).toBe(1);
    held[0]!();
    const text = await all(socket);
    expect(statuses(text)).toEqual(['200', '200', '400']);
    expect(text).toMatch(/held.*\r\n\r\n2HTTP\/1\.1 400/s);
  });
});

describe('a drain', () => {
  it('waits for no client that has gone', async () => {
    const socket = await open();
    socket.write(get('/held').repeat(20));
    await expect.poll(() => connections.unanswered).toBe(20);
    const drained = connections.drain(AbortSignal.timeout(10_000));
    socket.destroy();
    expect(await drained).toBe(0);
  });

  it('says how many are left', async () => {
    const socket = await open();
    socket.write(get('/held').repeat(3));
    await expect.poll(() => connections.unanswered).toBe(3);
    expect(await connections.drain(AbortSignal.timeout(50))).toBe(3);
    socket.destroy();
    await expect.poll(left).toEqual([0, 0]);
  });
});

describe('a client', () => {
  it('that takes nothing of its answer loses the connection, and one that waits for it does not', async () => {
    const stalled = await open();
    stalled.pause();
    stalled.write(get('/large'));
    const waiting = await open();
    const text = all(waiting);
    waiting.write(get('/held'));
    await expect.poll(() => connections.count).toBe(2);
    await expect.poll(() => connections.count, { timeout: 10_000 }).toBe(1);
    held[0]!();
    expect(statuses(await text)).toEqual(['200']);
    stalled.destroy();
  });

  it('that sends a body which is not read gets its answer', async () => {
    const socket = await open();
    const text = all(socket);
    socket.write('POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n');
    socket.write(new Uint8Array(4_000_000));
    expect(statuses(await text)).toEqual(['401']);
  });

  it('may stay silent between two requests for as long as is set', async () => {
    const socket = await open();
    const text = all(socket);
    socket.write(get('/small/1'));
    await delay(1500);
    socket.write(get('/small/2'));
    const start = performance.now();
    expect(statuses(await text)).toEqual(['200', '200']);
    expect(performance.now() - start).toBeGreaterThan(1900);
  });
});

describe('a request', () => {
  const ask = async (request: string): Promise<string> => {
    const socket = await open();
    socket.end(request);
    return all(socket);
  };

  it.each([
    ['without a host', 'GET /small/1 HTTP/1.1\r\n\r\n'],
    ['with two hosts', 'GET /small/1 HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n'],
    ['with the same host twice', 'GET /small/1 HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['of HTTP/1.0 with two hosts', 'GET /small/1 HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n'],
  ])('%s is refused', async (_, request) => {
    const text = await ask(request);
    expect(text).toMatch(/^HTTP\/1\.1 400 .*urn:naevus:problem:bad-request/s);
    expect(text).toMatch(/^connection: close\r$/im);
  });

  it.each([
    ['of HTTP/1.0 without a host', 'GET /small/1 HTTP/1.0\r\n\r\n'],
    ['with an empty host', 'GET /small/1 HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
  ])('%s is answered', async (_, request) => {
    expect(statuses(await ask(request))).toEqual(['200']);
  });

  it.each(['CONNECT example.org:443', 'CONNECT x:1'])('%s is refused', async (line) => {
    const text = await ask(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 405 .*urn:naevus:problem:method-not-allowed/s);
    expect(text).toMatch(/^allow: GET, HEAD, POST, OPTIONS\r$/im);
  });

  it('for the options of the server is answered', async () => {
    const text = await ask('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 204 .*^allow: GET, HEAD, POST, OPTIONS\r$/ims);
  });
});
