import { once } from 'node:events';
import { connect } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import type { AppEnv } from '../../../http/context/app-env.ts';
import { freeMemory, freeOnceSent } from './free-memory.ts';

it('frees memory without waiting for garbage to be collected', () => {
  const size = 64 << 20;
  const buffers = [new ArrayBuffer(size), new ArrayBuffer(size)];
  const before = process.memoryUsage().arrayBuffers;
  freeMemory(buffers);
  expect(buffers.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThan(1.5 * size);
});

it('frees an answer when all of it has been sent, however slowly it is read', async () => {
  // More than the sockets' buffers hold.
  const body = new Uint8Array(16 << 20).fill(7);
  const app = new Hono<AppEnv>().get('/', (c) => {
    freeOnceSent(c, [body.buffer]);
    return c.body(body);
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const [first] = (await once(client, 'data')) as [Buffer];
  client.pause();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(body.length).toBe(16 << 20);

  const chunks = [first];
  client.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  await once(client, 'end');
  const answer = Buffer.concat(chunks);
  const sent = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  expect(sent.length).toBe(16 << 20);
  expect(sent.every((byte) => byte === 7)).toBe(true);
  expect(body.length).toBe(0);
  server.close();
});
