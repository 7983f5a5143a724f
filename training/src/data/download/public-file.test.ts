import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fetchPublicFile, fileSha256, type PublicFile } from './public-file.ts';

const content = Buffer.alloc(300_000, 'weights of a network ');
let server: Server;
let requests: number;
let answer: RequestListener;
let cache: string;
let file: PublicFile;

beforeEach(async () => {
  requests = 0;
  answer = (_request, response) => response.end(content);
  server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  cache = await mkdtemp(join(tmpdir(), 'public-file-'));
  file = {
    name: 'network.safetensors',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await rm(cache, { recursive: true });
});

it('fetches once', async () => {
  const path = await fetchPublicFile(file, join(cache, 'not', 'yet'));
  expect(await readFile(path)).toEqual(content);
  expect(await fileSha256(path)).toBe(file.sha256);
  await fetchPublicFile(file, join(cache, 'not', 'yet'));
  expect(requests).toBe(1);
});

it('follows redirects', async () => {
  answer = ({ url }, response) => {
    if (url === '/model') response.writeHead(302, { location: '/elsewhere' }).end();
    else response.end(content);
  };
  expect(await readFile(await fetchPublicFile(file, cache))).toEqual(content);
});

it('fetches again what lies damaged in the cache', async () => {
  await writeFile(join(cache, file.name), Buffer.alloc(content.length));
  expect(await readFile(await fetchPublicFile(file, cache))).toEqual(content);
  expect(requests).toBe(1);
});

const failures: [string, RequestListener, string | RegExp][] = [
  [
    'other content',
    (_, response) => response.end(Buffer.alloc(content.length)),
    'not the file: its sha256 is',
  ],
  ['an error', (_, response) => response.writeHead(404).end('no'), 'answers 404'],
  ['too little', (_, response) => response.end(content.subarray(9)), 'its sha256 is'],
  ['too much', (_, response) => response.end(Buffer.concat([content, content])), 'its sha256 is'],
  [
    'a connection that breaks',
    (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000), () => response.destroy());
    },
    /could not fetch.*was cut/,
  ],
];
for (const [what, listener, message] of failures) {
  it(`refuses ${what} and leaves nothing behind`, async () => {
    answer = listener;
    await expect(fetchPublicFile(file, cache, [])).rejects.toThrow(message);
    expect(await readdir(cache)).toEqual([]);
  });
}

it('names the address and the reason when there is no server', async () => {
  const nowhere = { ...file, url: 'http://127.0.0.1:9/model' };
  await expect(fetchPublicFile(nowhere, cache, [])).rejects.toThrow(/127\.0\.0\.1:9\/model.*\(/);
});
