import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../src/runtime/node/access/new-key.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg } from './helpers/pictures.ts';
import { exchange } from './helpers/raw-http.ts';
import { runServer, type ServerProcess, startServer } from './helpers/server-process.ts';

const FIRST = newKey('clinic-a');
const SECOND = newKey('clinic-b');
const IN_VARIABLE = newKey('clinic-c');
const SCRAPER = newKey('prometheus', ['metrics']);

let file: string;
let server: ServerProcess;
let image: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const models = writeFixtureArtifact();
  file = join(models, 'keys');
  writeFileSync(file, `# clients\n${FIRST.line}\n`);
  image = await jpeg();
  server = await startServer({
    NAEVUS_MODEL_DIR: models,
    NAEVUS_API_KEYS_FILE: file,
    NAEVUS_API_KEYS: `${IN_VARIABLE.line},${SCRAPER.line}`,
    NAEVUS_CORS_ORIGINS: 'https://clinic.example',
  });
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const ask = (headers: Record<string, string> = {}) => server.post('/predict', image, headers);

describe('a server with keys', () => {
  it.each<[string, Record<string, string>]>([
    ['a bearer token', { Authorization: `Bearer ${FIRST.key}` }],
    ['a bearer token, the scheme in any case', { Authorization: `bearer ${FIRST.key}` }],
    ['X-API-Key', { 'X-API-Key': FIRST.key }],
    ['a key out of the variable', { 'X-API-Key': IN_VARIABLE.key }],
    [
      "X-API-Key beside a gateway's own Authorization",
      { Authorization: 'Bearer of-the-gateway', 'X-API-Key': FIRST.key },
    ],
  ])('answers with %s', async (_, headers) => {
    const response = await ask(headers);
    expect(response.status).toBe(200);
    expect(predictResponseSchema.parse(await response.json()).predictions[0]!.label).toBe('mel');
  });

  it.each<[string, Record<string, string>, string]>([
    ['no key', {}, 'Bearer realm="naevus"'],
    ['no key, but a password', { Authorization: 'Basic YTpi' }, 'Bearer realm="naevus"'],
    [
      'a wrong key',
      { Authorization: `Bearer ${SECOND.key}` },
      'Bearer realm="naevus", error="invalid_token"',
    ],
    [
      "a key's digest",
      { 'X-API-Key': FIRST.line.split(':').at(-1)! },
      'Bearer realm="naevus", error="invalid_token"',
    ],
    [
      'a key that is not ASCII',
      { 'X-API-Key': 'schlüssel\u00ff' },
      'Bearer realm="naevus", error="invalid_token"',
    ],
    [
      'a key of 12 KB',
      { 'X-API-Key': 'k'.repeat(12_000) },
      'Bearer realm="naevus", error="invalid_token"',
    ],
  ])('refuses %s', async (_, headers, challenge) => {
    const response = await ask(headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe(challenge);
    const problem = problemSchema.parse(await response.json());
    expect(problem.type).toBe('urn:naevus:problem:unauthorized');
    expect(problem.detail).toMatch(/key/);
  });

  it.each(['/predict', '/gradcam', '/lesion', '/v2/models/naevus-fixture/infer'])(
    'asks for one at %s',
    async (path) => {
      const response = await server.post(path, image);
      expect(response.status).toBe(401);
      const body = (await response.json()) as Record<string, unknown>;
      expect(body).toHaveProperty(path.startsWith('/v2') ? 'error' : 'detail');
    },
  );

  it.each([
    '/health/live',
    '/health/ready',
    '/v2/health/ready',
    '/',
    '/assets/page.js',
    '/docs',
    '/openapi.json',
    '/model',
  ])('asks for none at %s', async (path) => {
    expect((await fetch(server.url + path)).status).toBe(200);
  });

  it('refuses before the body has come', async () => {
    const head = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n`;
    const start = performance.now();
    expect(await exchange(server.port, `${head}abc`)).toMatch(/^HTTP\/1\.1 401 /);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('lets the listed origins ask with a key', async () => {
    const preflight = await fetch(`${server.url}/predict`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://clinic.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,x-api-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe('https://clinic.example');
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toMatch(
      /authorization, ?x-api-key/,
    );
    expect(preflight.headers.get('Access-Control-Allow-Methods')).toContain('POST');
    expect(preflight.headers.get('Access-Control-Allow-Credentials')).toBeNull();
    // What was wrong can be read there, too.
    const refused = await ask({ Origin: 'https://clinic.example' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('Access-Control-Allow-Origin')).toBe('https://clinic.example');
  });

  it('takes new keys and drops old ones while it runs, also out of a file that is partly broken', async () => {
    const status = async (key: string) => (await ask({ 'X-API-Key': key })).status;
    const ready = async () => (await (await fetch(`${server.url}/health/ready`)).json()) as object;
    const metric = async () =>
      (
        await (
          await fetch(`${server.url}/metrics`, { headers: { 'X-API-Key': SCRAPER.key } })
        ).text()
      ).match(/^naevus_key_file_faulty (\d)$/m)?.[1];
    const revoked = (key: string) => expect.poll(() => status(key), { timeout: 10_000 }).toBe(401);
    expect(await ready()).not.toHaveProperty('warnings');
    expect(await metric()).toBe('0');

    writeFileSync(file, `# of a, b and c\n${SECOND.line}\nclinic-x:not a hash\n`);
    await revoked(FIRST.key);
    expect(await status(SECOND.key)).toBe(200);
    expect(await ready()).toMatchObject({
      status: 'ready',
      warnings: ['line 3 of the keys is not NAME:sha256:HEX'],
    });
    expect(await metric()).toBe('1');
    expect(server.log).toContainEqual(
      expect.objectContaining({ level: 50, msg: 'the file of keys could not be read whole' }),
    );

    writeFileSync(file, `${FIRST.line}\n`);
    await revoked(SECOND.key);
    expect(await status(FIRST.key)).toBe(200);
    expect(await ready()).not.toHaveProperty('warnings');

    rmSync(file);
    await revoked(FIRST.key);
    expect(await ready()).toHaveProperty('warnings', ['the file of keys holds no key']);
    expect(await status(IN_VARIABLE.key)).toBe(200);
    writeFileSync(file, `${FIRST.line}\n`);
    await expect.poll(() => status(FIRST.key), { timeout: 10_000 }).toBe(200);
  }, 60_000);

  it('lets a key do what it is for', async () => {
    const metrics = async (key: string) =>
      fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${key}` } });
    expect((await metrics(SCRAPER.key)).status).toBe(200);
    const refused = await metrics(IN_VARIABLE.key);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('WWW-Authenticate')).toBe(
      'Bearer realm="naevus", error="insufficient_scope", scope="metrics"',
    );
    expect(problemSchema.parse(await refused.json()).type).toBe('urn:naevus:problem:forbidden');
    expect((await ask({ 'X-API-Key': SCRAPER.key })).status).toBe(403);
    expect(
      (await ask({ Authorization: `Bearer ${SCRAPER.key}`, 'X-API-Key': IN_VARIABLE.key })).status,
    ).toBe(200);
  });

  it('says in its log whose key came, and never which, nor of probes', () => {
    const requests = server.log.filter(({ msg }) => msg === 'request');
    expect(requests).toContainEqual(expect.objectContaining({ key: 'clinic-a', status: 200 }));
    expect(requests.find(({ status }) => status === 401)).not.toHaveProperty('key');
    expect(requests.filter(({ route }) => `${route}`.includes('/health/'))).toEqual([]);
    const text = JSON.stringify(server.log);
    expect(text).not.toMatch(/nvs_|Bearer/);
    for (const { line } of [FIRST, SECOND, IN_VARIABLE])
      expect(text).not.toContain(line.slice(-64));
  });

  it('says nothing of keys where that is set, and of probes where all is logged', async () => {
    const quiet = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_API_KEYS: IN_VARIABLE.line,
      NAEVUS_LOG_KEY_NAMES: 'false',
      NAEVUS_LOG_LEVEL: 'debug',
    });
    await quiet.post('/predict', image, { 'X-API-Key': IN_VARIABLE.key });
    for (const path of ['/health/live', '/v2/health/ready']) await fetch(quiet.url + path);
    expect(await quiet.stop()).toBe(0);
    const requests = quiet.log.filter(({ msg }) => msg === 'request');
    expect(requests.map(({ level, route }) => [level, route])).toEqual([
      [30, '/predict'],
      [20, '/health/live'],
      [20, '/v2/health/ready'],
    ]);
    expect(JSON.stringify(requests)).not.toContain('clinic-c');
  });
});

describe('headers that nobody should send', () => {
  it('of ten megabytes are refused, and the server goes on', async () => {
    const status = await new Promise<number | string>((resolve) => {
      const outgoing = request(
        {
          port: server.port,
          method: 'POST',
          path: '/predict',
          headers: { 'X-API-Key': 'k'.repeat(10_000_000) },
        },
        (response) => resolve(response.statusCode!),
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
      outgoing.end();
    });
    // The answer may be lost where the client is still writing when the connection is closed.
    expect([431, 'ECONNRESET', 'EPIPE']).toContain(status);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });

  it('with line breaks reach no answer', async () => {
    for (const value of ['a\r\nSet-Cookie: x=1', 'a%0d%0aSet-Cookie:x=1', 'a\nSet-Cookie: x=1']) {
      const answer = await exchange(
        server.port,
        `GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${value}\r\nOrigin: ${value}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).not.toMatch(/^set-cookie/im);
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
    }
  });
});

describe('who may start a server without keys', () => {
  it('anyone on this machine, with a warning', async () => {
    const local = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
    expect(await local.stop()).toBe(0);
    expect(local.log).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining('no keys are set') }),
    );
  });

  it('nobody on a public address', async () => {
    const { code, stderr } = await runServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      HOST: '0.0.0.0',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/NAEVUS_API_KEYS.*NAEVUS_ALLOW_ANONYMOUS=true/);
  });

  it('except who says so', async () => {
    const open = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      HOST: '0.0.0.0',
      NAEVUS_ALLOW_ANONYMOUS: 'true',
    });
    expect((await fetch(`http://127.0.0.1:${open.port}/health/ready`)).status).toBe(200);
    expect(await open.stop()).toBe(0);
  });

  it.each([
    ['a file that is not there', { NAEVUS_API_KEYS_FILE: '/nonexistent' }, /nonexistent.*ENOENT/],
    ['keys that are not hashed', { NAEVUS_API_KEYS: 'clinic:secret' }, /is not NAME:sha256:HEX/],
  ])('nobody with %s', async (_, variables, reason) => {
    const { code, stderr } = await runServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      ...variables,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('secret');
  });
});

describe('keys NAME', () => {
  it('makes a key whose line the server takes', async () => {
    const { code, stdout, stderr } = await runServer({}, ['keys', 'clinic-z']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^clinic-z:sha256:[0-9a-f]{64}\n$/);
    const key = /nvs_[A-Za-z0-9_-]{43}/.exec(stderr)![0];
    expect(stdout).not.toContain(key);
    writeFileSync(file, stdout);
    await expect
      .poll(async () => (await ask({ 'X-API-Key': key })).status, { timeout: 10_000 })
      .toBe(200);
  });

  it('makes one for the figures alone', async () => {
    const { code, stdout } = await runServer({}, ['keys', 'prometheus', '--scope', 'metrics']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^prometheus:sha256:[0-9a-f]{64}:metrics\n$/);
  });

  it('refuses a scope that there is not', async () => {
    const { code, stderr } = await runServer({}, ['keys', 'a', '--scope', 'all']);
    expect(code).toBe(1);
    expect(stderr).toBe('naevus: --scope is predict or metrics, not "all" (see --help)\n');
  });

  it.each([[['keys']], [['keys', 'a', 'b']], [['keys', 'a b']]])('refuses %j', async (args) => {
    const { code, stdout, stderr } = await runServer({}, args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^naevus: .*name/);
  });
});

describe('every answer', () => {
  it.each(['/health/live', '/predict', '/none', '/', '/docs', '/openapi.json', '/assets/page.js'])(
    '%s tells browsers what they may do',
    async (path) => {
      const { headers } = await fetch(server.url + path);
      expect(headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*frame-ancestors/);
      expect(headers.get('Content-Security-Policy')).not.toMatch(/unsafe|\*|https?:/);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('X-Frame-Options')).toBe('DENY');
      expect(headers.get('Referrer-Policy')).toBe('no-referrer');
      expect(headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
      expect(headers.get('Strict-Transport-Security')).toBeNull();
      expect(headers.get('X-Powered-By')).toBeNull();
    },
  );

  it('asks for https where it came by it, and where that is wanted', async () => {
    const behind = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_TRUSTED_PROXIES: '127.0.0.1',
      NAEVUS_HSTS_SECONDS: '86400',
    });
    const get = (proto: string) =>
      fetch(behind.url, {
        headers: { 'X-Forwarded-Proto': proto, 'X-Forwarded-For': '192.0.2.1' },
      });
    const secure = await get('https');
    expect(secure.headers.get('Strict-Transport-Security')).toBe('max-age=86400');
    expect(await secure.text()).toContain(`https://127.0.0.1:${behind.port}/predict`);
    expect((await get('http')).headers.get('Strict-Transport-Security')).toBeNull();
    expect(await behind.stop()).toBe(0);
  });
});
