import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import {
  BROKEN_REQUESTS,
  lesion,
  type SentRequest,
  SOUND_REQUESTS,
} from './helpers/conformance-requests.ts';
import { buildEdge, type EdgeProcess, startEdge } from './helpers/edge-process.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

/** What one runtime and another may differ by in a score: their engines, and the last bits of their decoders. */
const SCORE_TOLERANCE = 0.02;

let built: string;
let edge: EdgeProcess;
let node: ServerProcess;

beforeAll(async () => {
  built = buildEdge();
  console.log(built);
  edge = await startEdge();
  const { limits } = modelResponseSchema.parse(await (await fetch(`${edge.url}/model`)).json());
  node = await startServer({
    NAEVUS_MAX_PIXELS: String(limits.max_pixels),
    NAEVUS_WORKERS: '1',
  });
}, 240_000);

afterAll(async () => {
  await edge?.stop();
  expect(await node?.stop()).toBe(0);
}, 60_000);

/** A server may close an idle connection just when it is written to. */
const ATTEMPTS = 4;

async function ask(url: string, { method, path, headers, body }: SentRequest): Promise<Response> {
  const options = {
    method,
    headers: { 'X-Request-Id': 'conformance', ...headers },
    ...(body !== undefined && { body: await body() }),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url + path, options);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** Members that two answers, or two machines, do not share: times, pictures, and scores within sentences. */
const UNSHARED = [
  'timing',
  'overlay',
  'issued',
  'div',
  'conclusion',
  // Node converts files of more formats.
  'formats',
  // Of the edge alone.
  'max_network_runs',
  'max_batch_pixels',
];

/** What no two answers share, nor two machines. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  // Which formats are read.
  if (typeof value === 'string') return value.replace(/JPEG, PNG.* are read/, 'some are read');
  if (typeof value !== 'object' || value === null) return value;
  const members = { ...value };
  if ('predictions' in members && Array.isArray(members.predictions)) {
    const predictions = members.predictions as { label: string }[];
    // Two that are nearly alike may change places; the first may not.
    Object.assign(members, {
      top: predictions[0]!.label,
      predictions: [...predictions].sort((a, b) => a.label.localeCompare(b.label)),
    });
  }
  return Object.fromEntries(
    Object.entries(members)
      .filter(([name]) => !UNSHARED.includes(name))
      .map(([name, member]) => [name, comparable(member)]),
  );
}

/** Numbers are put to the test one by one; what is left must be the same. */
function expectSame(actual: unknown, expected: unknown, path = ''): void {
  if (typeof expected === 'number' && !Number.isInteger(expected)) {
    expect(Math.abs((actual as number) - expected), path).toBeLessThanOrEqual(SCORE_TOLERANCE);
    return;
  }
  if (typeof expected !== 'object' || expected === null) {
    expect(actual, path).toEqual(expected);
    return;
  }
  expect(Object.keys(actual as object), path).toEqual(Object.keys(expected));
  for (const [name, member] of Object.entries(expected)) {
    expectSame((actual as Record<string, unknown>)[name], member, `${path}/${name}`);
  }
}

const HEADERS = [
  'Content-Type',
  'Cache-Control',
  'Allow',
  'Retry-After',
  'X-Content-Type-Options',
  'X-Request-Id',
  'X-Model-Version',
  'X-Predicted-Class',
  'X-Heatmap-Class',
  'X-Heatmap-Method',
  'X-Tta',
  'X-Triage',
  'X-Abstained',
  'X-Disclaimer',
];

async function expectSameAnswer(request: SentRequest, status: number): Promise<void> {
  const [here, there] = await Promise.all([ask(edge.url, request), ask(node.url, request)]);
  expect([here.status, there.status]).toEqual([status, status]);
  for (const name of HEADERS) expect(here.headers.get(name), name).toBe(there.headers.get(name));
  if (!there.headers.get('Content-Type')?.includes('json')) {
    expect((await here.arrayBuffer()).byteLength > 0).toBe(
      (await there.arrayBuffer()).byteLength > 0,
    );
    return;
  }
  expectSame(comparable(await here.json()), comparable(await there.json()));
}

describe('the worker answers as the Node server does', { timeout: 60_000 }, () => {
  it.each(SOUND_REQUESTS)('$name', async (request) => {
    await expectSameAnswer(request, 200);
  });

  it.each(BROKEN_REQUESTS)('$name: $status', async (request) => {
    await expectSameAnswer(request, request.status);
  });
});

describe('the worker as it is deployed', () => {
  it('is bundled within its bounds', () => {
    expect(built).toMatch(/the worker without weights, compressed: 0\.\d\d MiB \(at most 1\)/);
    expect(built).toMatch(/the weights: [78]\.\d\d MiB \(at most 9\)/);
  });

  it('says its own limits', async () => {
    const { limits } = modelResponseSchema.parse(await (await fetch(`${edge.url}/model`)).json());
    expect(limits.max_pixels).toBe(25_000_000);
    expect(limits).toMatchObject({ max_network_runs: 64, max_batch_pixels: 100_000_000 });
    const image = Buffer.from(await lesion()).toString('base64');
    const response = await fetch(`${edge.url}/predict?tta=8`, {
      method: 'POST',
      body: JSON.stringify({ images: Array(9).fill(image) }),
      headers: { 'Content-Type': 'application/json' },
    });
    expect(response.status).toBe(400);
    expect(problemSchema.parse(await response.json()).detail).toContain('send at most 8');
  });

  it('serves the page with what it loads', async () => {
    const page = await (await fetch(`${edge.url}/`)).text();
    expect(page).toContain('assets/page.js');
    const script = await fetch(`${edge.url}/assets/page.js`);
    expect(script.status).toBe(200);
    expect(script.headers.get('Content-Type')).toContain('javascript');
  });

  it('refuses weights that are not what the manifest says, and says no more than that', async () => {
    const folder = new URL('../dist/edge-assets/model/', import.meta.url);
    const other = await startEdge({
      assets: undefined,
      serviceBindings: {
        async ASSETS(request: Request) {
          const path = new URL(request.url).pathname.replace('/model/', '');
          const bytes = readFileSync(new URL(path, folder));
          if (path.endsWith('2of2.bin')) bytes[1000]! ^= 1;
          return new Response(bytes);
        },
      },
    });
    const response = await fetch(`${other.url}/health/ready`);
    const problem = await response.json();
    await other.stop();
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('5');
    expect(problem).toMatchObject({
      type: 'urn:naevus:problem:no-model',
      detail: 'the model could not be loaded; try again in 5 s',
    });
  }, 60_000);

  it('answers nobody on a public address without keys, as Node does not start there', async () => {
    const ask = (worker: EdgeProcess, url: string) => worker.miniflare.dispatchFetch(url);
    const refused = await ask(edge, 'https://clinic.example/health/live');
    expect(refused.status).toBe(503);
    const problem = problemSchema.parse(await refused.json());
    expect(problem.type).toBe('urn:naevus:problem:not-configured');
    expect(problem.detail).not.toContain('NAEVUS');
    expect((await ask(edge, 'http://localhost/health/live')).status).toBe(200);
    const open = await startEdge({ bindings: { NAEVUS_ALLOW_ANONYMOUS: 'true' } });
    expect((await ask(open, 'https://clinic.example/health/live')).status).toBe(200);
    await open.stop();
  }, 60_000);

  it('asks for keys, limits rates by the platform, and lets listed origins in', async () => {
    const key = 'a-key-of-the-test';
    const digest = createHash('sha256').update(key).digest('hex');
    const other = await startEdge({
      bindings: {
        NAEVUS_API_KEYS: `clinic:sha256:${digest}`,
        NAEVUS_RATE_LIMIT: '2/minute',
        NAEVUS_CORS_ORIGINS: 'https://clinic.example',
      },
      ratelimits: { RATE_LIMIT: { simple: { limit: 2, period: 60 } } },
    });
    try {
      const body = lesion();
      const without = await fetch(`${other.url}/predict`, { method: 'POST', body });
      expect(without.status).toBe(401);
      expect(without.headers.get('WWW-Authenticate')).toContain('Bearer');
      const headers = { 'X-API-Key': key, Origin: 'https://clinic.example' };
      const statuses: number[] = [];
      let last: Response | undefined;
      for (let i = 0; i < 3; i++) {
        last = await fetch(`${other.url}/predict`, { method: 'POST', body, headers });
        statuses.push(last.status);
      }
      expect(statuses).toEqual([200, 200, 429]);
      expect(last!.headers.get('Retry-After')).toBe('60');
      expect(last!.headers.get('RateLimit-Policy')).toBe('"default";q=2;w=60');
      expect(last!.headers.get('Access-Control-Allow-Origin')).toBe('https://clinic.example');
    } finally {
      await other.stop();
    }
  }, 120_000);

  it('says in its log, and not to clients, which variable is wrong', async () => {
    const other = await startEdge({ bindings: { NAEVUS_CORS_ORIGINS: '*' } });
    const response = await fetch(`${other.url}/health/ready`);
    const text = await response.text();
    await other.stop();
    expect(response.status).toBe(503);
    expect(text).not.toContain('CORS');
  }, 60_000);
});
