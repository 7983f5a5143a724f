import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

// What clients and gateways in the field send, and what they were told once.

let server: ServerProcess;
let image: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  image = await jpeg();
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const form = (before: string, after: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    Buffer.concat([
      Buffer.from(
        `${before}--xyz\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
      ),
      image,
      Buffer.from(`\r\n--xyz--${after}`),
    ]),
  );

describe('a form', () => {
  it('that came in from the field is read', async () => {
    const body = readFileSync(new URL('fixtures/field/multipart-preamble.bin', import.meta.url));
    const type = { 'Content-Type': 'multipart/form-data; boundary=xyz' };
    const response = await server.post('/predict', new Uint8Array(body), type);
    expect(response.status).toBe(200);
    expect(predictResponseSchema.parse(await response.json()).image).toMatchObject({
      format: 'jpeg',
    });
  });

  it.each([
    ['with an empty line before it', '\r\n', '\r\n'],
    ['with a preamble', 'This is a multi-part message in MIME format.\r\n', '\r\n'],
    ['with a preamble that looks like a boundary', '--xyzzy\r\n', ''],
    ['with an epilogue', '', '\r\nThe end.\r\n'],
  ])('%s is read', async (_, before, after) => {
    const type = { 'Content-Type': 'multipart/form-data; boundary=xyz' };
    expect((await server.post('/predict', form(before, after), type)).status).toBe(200);
  });
});

describe('a body that cannot be read', () => {
  const refused = async (response: Response) => problemSchema.parse(await response.json()).detail;

  it('says that it is compressed', async () => {
    const body = new Uint8Array(gzipSync(image));
    const told = await server.post('/predict', body, { 'Content-Encoding': 'gzip' });
    expect(told.status).toBe(400);
    expect(told.headers.get('Accept-Encoding')).toBe('identity');
    expect(await refused(told)).toMatch(/compressed.*send it as it is/);
    const untold = await server.post('/predict', body);
    expect(untold.status).toBe(415);
    expect(await refused(untold)).toMatch(/gzip.*without compression/);
  });

  it('says that the header of JSON, or of a form, is missing', async () => {
    const json = JSON.stringify({ image: Buffer.from(image).toString('base64') });
    const untyped = new Uint8Array(Buffer.from(json));
    const told = await server.post('/predict', untyped);
    expect(told.status).toBe(415);
    expect(await refused(told)).toContain('send the header "Content-Type: application/json"');
    expect(await refused(await server.post('/predict', form('', '')))).toContain(
      'multipart/form-data; boundary=…',
    );
  });
});

describe('a connection', () => {
  it('stays open as long as gateways keep it, and is told so', async () => {
    const socket = connect(server.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (part) => {
      text += part;
    });
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => text).toMatch(/^Keep-Alive: timeout=75\r$/m);
    // Node's own default closes it after five.
    await delay(10_000);
    const before = text.length;
    socket.write(`POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: ${image.length}\r\n\r\n`);
    socket.write(image);
    await expect.poll(() => text.slice(before)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
    await once(socket, 'close');
  }, 30_000);

  it('may be opened ahead of its first request', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    await delay(3000);
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
  }, 30_000);
});
