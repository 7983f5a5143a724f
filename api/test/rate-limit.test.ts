import { afterEach, describe, expect, it } from 'vitest';
import { newKey } from '../src/runtime/node/access/new-key.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg } from './helpers/pictures.ts';
import { freePort, hasRedis, startRedis, startStandIn, type TestRedis } from './helpers/redis.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const running: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const process of running.splice(0).reverse()) await process.stop();
});

async function serve(variables: Record<string, string>): Promise<ServerProcess> {
  const server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact(), ...variables });
  running.push(server);
  return server;
}

async function statuses(
  server: ServerProcess,
  count: number,
  headers?: Record<string, string>,
): Promise<number[]> {
  const image = await jpeg();
  const all: number[] = [];
  for (let i = 0; i < count; i++) {
    all.push((await server.post('/predict?top_k=1', image, headers)).status);
  }
  return all;
}

describe('a rate limit', () => {
  it('counts each address, and says what is left and when to come again', async () => {
    const server = await serve({ NAEVUS_RATE_LIMIT: '2/hour' });
    const image = await jpeg();
    const first = await server.post('/predict', image);
    expect(first.headers.get('RateLimit-Policy')).toBe('"default";q=2;w=3600');
    expect(first.headers.get('RateLimit')).toMatch(/^"default";r=1;t=3[56]\d\d$/);
    expect((await server.post('/gradcam', image)).status).toBe(200);
    const third = await server.post('/predict', image);
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('Retry-After'))).toBeGreaterThan(3500);
    expect(third.headers.get('RateLimit')).toMatch(/^"default";r=0;t=3[56]\d\d$/);
    const problem = problemSchema.parse(await third.json());
    expect(problem.type).toBe('urn:naevus:problem:too-many-requests');
    expect(problem.detail).toMatch(/2 requests in 3600 s/);
    // What costs nothing is not counted.
    for (const path of ['/health/live', '/model', '/']) {
      expect((await fetch(server.url + path)).status).toBe(200);
    }
    // A stranger's word for another address is not taken.
    const forged = await server.post('/predict', image, { 'X-Forwarded-For': '198.51.100.1' });
    expect(forged.status).toBe(429);
  });

  it('counts each of the addresses that a trusted proxy names', async () => {
    const server = await serve({
      NAEVUS_RATE_LIMIT: '1/hour',
      NAEVUS_TRUSTED_PROXIES: '127.0.0.1',
    });
    const from = (address: string) => statuses(server, 2, { 'X-Forwarded-For': address });
    expect(await from('198.51.100.1')).toEqual([200, 429]);
    expect(await from('198.51.100.2')).toEqual([200, 429]);
  });

  it('counts each client where there are keys, from whatever address', async () => {
    const [a, b] = [newKey('a'), newKey('b')];
    const server = await serve({
      NAEVUS_RATE_LIMIT: '1/hour',
      NAEVUS_API_KEYS: `${a.line},${b.line}`,
    });
    expect(await statuses(server, 2, { 'X-API-Key': a.key })).toEqual([200, 429]);
    expect(await statuses(server, 2, { 'X-API-Key': b.key })).toEqual([200, 429]);
    // Who has no key uses up nobody's requests.
    expect(await statuses(server, 2)).toEqual([401, 401]);
  });
});

const REDIS = hasRedis();

describe.each<[string, () => Promise<TestRedis>]>([
  ['a stand-in for Redis', () => startStandIn('counting')],
  ...(REDIS
    ? [['Redis', async () => startRedis(await freePort())] as [string, () => Promise<TestRedis>]]
    : []),
])('a rate limit with %s', (_, start) => {
  it('is shared by several servers', async () => {
    const redis = await start();
    running.push(redis);
    const variables = {
      ...{ NAEVUS_RATE_LIMIT: '3/hour', REDIS_URL: redis.url, NAEVUS_WORKERS: '1' },
      NAEVUS_TRUSTED_PROXIES: '127.0.0.1',
    };
    const [one, two] = await Promise.all([serve(variables), serve(variables)]);
    // Until both are connected: before, a server counts alone.
    let attempt = 0;
    const othersCount = async () => {
      const from = { 'X-Forwarded-For': `198.51.100.${++attempt}` };
      await statuses(one, 3, from);
      return statuses(two, 1, from);
    };
    await expect.poll(othersCount, { timeout: 15_000 }).toEqual([429]);
    const since = [one, two].map(({ log }) => log.length);
    expect(await statuses(one, 2)).toEqual([200, 200]);
    expect(await statuses(two, 2)).toEqual([200, 429]);
    expect(await statuses(one, 1)).toEqual([429]);
    const told = [one, two].flatMap(({ log }, i) => log.slice(since[i]));
    expect(told.filter(({ msg }) => /Redis/.test(String(msg)))).toEqual([]);
  });
});

const LOST = 'Redis does not answer: this server counts requests alone';

describe('where Redis is not there', () => {
  it('requests are answered all the same, and counted here', async () => {
    const server = await serve({
      NAEVUS_RATE_LIMIT: '2/hour',
      REDIS_URL: `redis://:password@127.0.0.1:${await freePort()}`,
    });
    expect(await statuses(server, 3)).toEqual([200, 200, 429]);
    const lines = server.log.filter(({ msg }) => msg === LOST);
    expect(lines).toEqual([expect.objectContaining({ level: 40, reason: 'ECONNREFUSED' })]);
    expect(JSON.stringify(server.log)).not.toContain('password');
  });

  it('requests do not wait for one that never answers', async () => {
    const silent = await startStandIn('silent');
    running.push(silent);
    const server = await serve({ NAEVUS_RATE_LIMIT: '9/hour', REDIS_URL: silent.url });
    const start = performance.now();
    expect(await statuses(server, 2)).toEqual([200, 200]);
    expect(performance.now() - start).toBeLessThan(8000);
    expect(server.log).toContainEqual(expect.objectContaining({ msg: LOST }));
  });

  it.runIf(REDIS)('it is taken up again once it is back', async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const server = await serve({ NAEVUS_RATE_LIMIT: '2/hour', REDIS_URL: redis.url });
    expect(await statuses(server, 1)).toEqual([200]);
    await redis.stop();
    expect(await statuses(server, 1)).toEqual([200]);
    expect(server.log).toContainEqual(expect.objectContaining({ msg: LOST }));
    running.push(await startRedis(port));
    const back = () => server.log.some(({ msg }) => /answers again/.test(String(msg)));
    await expect.poll(back, { timeout: 10_000 }).toBe(true);
    // It was started empty: what was counted before is gone.
    expect(await statuses(server, 3)).toEqual([200, 200, 429]);
  });

  it('the server stops at once all the same', async () => {
    const server = await serve({
      NAEVUS_RATE_LIMIT: '2/hour',
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
    });
    expect(await server.stop()).toBe(0);
  });
});
