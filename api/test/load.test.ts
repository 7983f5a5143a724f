import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { plain, RED } from './helpers/pictures.ts';
import { exchange } from './helpers/raw-http.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

/** Far longer in a worker than everything else here. */
const slowPhoto = async (side = 6000) =>
  new Uint8Array(await plain(RED, side, side).png().toBuffer());

let server: ServerProcess;

afterEach(async () => {
  expect(await server.stop()).toBe(0);
});

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1]);
}

describe('a server with all its workers busy', () => {
  it('refuses at once what would wait too long, before its body, and tells its health all the while', async () => {
    server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_WORKERS: '1',
      NAEVUS_QUEUE: '1',
    });
    const image = await slowPhoto();
    const accepted = [0, 1].map(() => server.post('/predict', image).then(({ status }) => status));
    await expect.poll(() => figure('naevus_queue_depth'), { interval: 10 }).toBe(1);

    const head =
      'POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n';
    const refused = await exchange(server.port, head);
    expect(refused).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused).toMatch(/^retry-after: [1-9]\d*\r$/im);
    const [, body = ''] = refused.split('\r\n\r\n');
    expect(
      problemSchema.parse(JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)))
        .type,
    ).toBe('urn:naevus:problem:busy');
    for (const path of ['/health/live', '/health/ready']) {
      expect((await fetch(server.url + path)).status).toBe(200);
    }
    // None of that took until the first picture was done.
    expect(await figure('naevus_queue_depth')).toBe(1);
    expect(await Promise.all(accepted)).toEqual([200, 200]);
  });

  it('takes as much work as it can answer in time, and no more images than its queue has places', async () => {
    server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_WORKERS: '1',
      NAEVUS_QUEUE: '20',
      NAEVUS_TIMEOUT_SECONDS: '10',
    });
    // An estimate of 1.4 s each: three of them are half of the time for an answer.
    const photo = await slowPhoto();
    const answers = Array.from({ length: 8 }, () => server.post('/predict', photo.slice()));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect((await answers[statuses.indexOf(503)]!).headers.get('Retry-After')).toMatch(/^[1-9]/);
  }, 60_000);

  it('takes a batch only where there are places for all of it', async () => {
    server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_WORKERS: '1',
      NAEVUS_QUEUE: '4',
    });
    const model = (await (await fetch(`${server.url}/model`)).json()) as {
      limits: { max_batch: number };
    };
    expect(model.limits.max_batch).toBe(5);
    const image = Buffer.from(await slowPhoto(4000)).toString('base64');
    const batch = (images: number) =>
      server.postJson('/predict', { images: Array(images).fill(image) });
    expect((await batch(6)).status).toBe(400);
    const whole = batch(5);
    await expect.poll(() => figure('naevus_queue_depth'), { interval: 5 }).toBe(4);
    expect((await batch(2)).status).toBe(503);
    expect((await whole).status).toBe(200);
  });

  it('drops the work of a client that has hung up', async () => {
    server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact(), NAEVUS_WORKERS: '1' });
    const image = await slowPhoto();
    const running = server.post('/predict', image).then(({ status }) => status);
    await expect.poll(() => figure('naevus_images_running'), { interval: 10 }).toBe(1);
    const controllers = Array.from({ length: 5 }, () => new AbortController());
    const waiting = controllers.map(({ signal }) =>
      fetch(`${server.url}/predict`, { method: 'POST', body: image.slice(), signal }).catch(
        () => 'gone',
      ),
    );
    await expect.poll(() => figure('naevus_queue_depth'), { interval: 10 }).toBe(5);
    for (const controller of controllers) controller.abort();
    expect(await Promise.all(waiting)).toEqual(Array(5).fill('gone'));
    await expect.poll(() => figure('naevus_queue_depth'), { interval: 10 }).toBe(0);
    expect(await running).toBe(200);
    expect(await figure('naevus_decode_seconds_count')).toBe(1);
    // It is nobody's fault that these have no answer: neither the server's, nor an image's.
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/naevus_http_requests_total\{[^}]*status="499"[^}]*\} 5\n/);
    expect(metrics).not.toContain('status="504"');
    expect(metrics).not.toContain('reason="timeout"');
  });
});

describe('a body that comes too slowly', () => {
  it.each([
    ['with a length', 'Content-Length: 1000', 'abc'],
    ['in chunks', 'Transfer-Encoding: chunked', '3\r\nabc\r\n'],
  ])('%s is answered with 408, and the connection closed', async (_, header, start) => {
    server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_TIMEOUT_SECONDS: '0.5',
    });
    const socket = connect(server.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.write(`POST /predict HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n${start}`);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await Promise.race([closed, delay(15_000)]);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(socket.closed).toBe(true);
  });
});
