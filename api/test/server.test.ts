import { once } from 'node:events';
import { createServer } from 'node:net';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { liveSchema, readySchema } from '../src/schemas/health.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg, plain, RED } from './helpers/pictures.ts';
import { exchange } from './helpers/raw-http.ts';
import { runServer, startServer } from './helpers/server-process.ts';

describe('the command line', () => {
  it('explains itself', async () => {
    const { code, stdout } = await runServer({}, ['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/PORT.*8080/);
    expect(stdout).toContain('NAEVUS_MODEL_DIR');
  });

  it.each([[['--prot', '1']], [['serve']], [['--help=1']]])('refuses %j by name', async (args) => {
    const { code, stderr } = await runServer({}, args);
    expect(code).toBe(1);
    expect(stderr).toContain(args[0]!.split('=')[0]);
    expect(stderr).toContain('--help');
    expect(stderr).not.toMatch(/ at /);
  });

  it('refuses a variable that is not a setting', async () => {
    const { code, stderr } = await runServer({ NAEVUS_WORKER: '3' });
    expect(code).toBe(1);
    expect(stderr).toBe('naevus: NAEVUS_WORKER is not a setting; --help lists them\n');
  });

  it('says when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const model = writeFixtureArtifact();
    const { code, stderr } = await runServer({ PORT: String(port), NAEVUS_MODEL_DIR: model });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toBe(`naevus: cannot listen on 127.0.0.1:${port}: EADDRINUSE\n`);
  });
});

describe('a model that must not be served', () => {
  it.each<[string, () => string, RegExp]>([
    ['no folder', () => '/nonexistent', /holds no model.*NAEVUS_MODEL_DIR/],
    [
      'no manifest',
      () => writeFixtureArtifact({ manifest: () => 'text' }),
      /manifest\.json.*schema/,
    ],
    [
      'another network than the manifest vouches for',
      () => writeFixtureArtifact({ model: new Uint8Array(522) }),
      /model\.onnx.*(sha256|bytes) /,
    ],
    [
      'another card than the manifest vouches for',
      () => writeFixtureArtifact({ card: 'forged' }),
      /MODEL_CARD\.md: has 6 bytes where the manifest says 12/,
    ],
    [
      'another file for browsers than the manifest vouches for',
      () => writeFixtureArtifact({ graph: 'forged' }),
      /tfjs\/model\.json: has 6 bytes where the manifest says 2/,
    ],
    [
      'a manifest with a label missing',
      () => writeFixtureArtifact({ manifest: (m) => ({ ...m, labels: LABELS.slice(1) }) }),
      /manifest\.json.*labels/,
    ],
    [
      'outputs that the graph does not have',
      () =>
        writeFixtureArtifact({
          manifest: (m) => ({
            ...m,
            engines: {
              ...m.engines,
              onnx: { ...m.engines.onnx, outputs: { logits: 'cam', cam: 'cam' } },
            },
          }),
        }),
      /the output "cam" is float32 \[1,7,7,7\], not float32 \[1,7\]/,
    ],
  ])('%s', async (_, make, reason) => {
    const { code, stderr } = await runServer({ NAEVUS_MODEL_DIR: make() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^naevus: /);
    expect(stderr).toMatch(reason);
  });
});

describe('a running server', () => {
  it('tells its health and its model, and stops at once when it is idle', async () => {
    const server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
    const get = async (path: string) => (await fetch(server.url + path)).json();
    expect(liveSchema.parse(await get('/health/live'))).toEqual({ status: 'live' });
    expect(readySchema.parse(await get('/health/ready')).model.name).toBe('naevus-fixture');
    const model = modelResponseSchema.parse(await get('/model'));
    expect(model.card).toBe('# A fixture\n');
    expect(model.labels.map(({ label }) => label)).toEqual(LABELS);
    expect(model.limits).toEqual({
      max_body_bytes: 10_485_760,
      max_pixels: 52_000_000,
      min_side: 32,
      max_batch: 32,
      timeout_seconds: 30,
    });
    const start = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('logs no image content, no query and no address', async () => {
    const server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
    await fetch(`${server.url}/predict?top_k=3`, {
      method: 'POST',
      body: await jpeg(),
      headers: { 'User-Agent': 'secret', 'X-Request-Id': 'the-id' },
    });
    await fetch(`${server.url}/predict?patient=secret`, { method: 'POST', body: await jpeg() });
    await fetch(`${server.url}/secret/path`);
    expect(await server.stop()).toBe(0);
    const requests = server.log.filter(({ msg }) => msg === 'request');
    expect(requests).toEqual([
      expect.objectContaining({
        requestId: 'the-id',
        method: 'POST',
        route: '/predict',
        status: 200,
      }),
      expect.objectContaining({ route: '/predict', status: 400, problem: 'invalid-query' }),
      expect.objectContaining({ route: 'none', status: 404, problem: 'not-found' }),
    ]);
    expect(JSON.stringify(requests)).not.toMatch(/secret|top_k|127\.0\.0\.1/);
  });

  it('serves browsers of the listed origins only', async () => {
    const server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_CORS_ORIGINS: 'https://clinic.example',
    });
    const allowed = async (Origin: string) => {
      const { headers } = await fetch(`${server.url}/model`, { headers: { Origin } });
      expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
      return headers.get('Access-Control-Allow-Origin');
    };
    expect(await allowed('https://clinic.example')).toBe('https://clinic.example');
    expect(await allowed('https://other.example')).toBeNull();
    expect(await server.stop()).toBe(0);
  });
});

describe('SIGTERM', () => {
  it('turns ready off, refuses new work, answers what was accepted, and exits 0', async () => {
    const server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_WORKERS: '1',
      // More than a loaded machine takes for six times 25 megapixels.
      NAEVUS_DRAIN_SECONDS: '60',
    });
    const image = await jpeg();
    const slow = new Uint8Array(await plain(RED, 5000, 5000).png().toBuffer());
    const accepted = Array.from({ length: 6 }, () =>
      fetch(`${server.url}/predict`, { method: 'POST', body: slow }).then(({ status }) => status),
    );
    // The bodies are in, and the first of six times 25 megapixels is not done.
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text(), { interval: 10 })
      .toMatch(/^naevus_queue_depth 5$/m);
    const exited = server.stop();
    await expect
      .poll(() => server.log.some(({ msg }) => msg === 'draining'), { interval: 5 })
      .toBe(true);
    const ready = await fetch(`${server.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(problemSchema.parse(await ready.json()).type).toBe('urn:naevus:problem:draining');
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    const refused = await fetch(`${server.url}/predict`, { method: 'POST', body: image });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(await Promise.all(accepted)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await exited).toBe(0);
  }, 60_000);

  it('exits within its window though a client never finishes', async () => {
    const server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_DRAIN_SECONDS: '0.3',
    });
    const partial = 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc';
    const endless = exchange(server.port, partial).catch(() => 'cut');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await server.stop()).toBe(0);
    expect(['', 'cut']).toContain(await endless);
    expect(server.log).toContainEqual(expect.objectContaining({ unanswered: 1 }));
  });
});
