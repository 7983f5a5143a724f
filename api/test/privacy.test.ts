import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from './helpers/server-process.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(REPOSITORY, 'api/src/http/page/examples/ISIC_0025751.jpg');
const PROGRAM = join(REPOSITORY, 'api/naevus.mjs');

/** onnxruntime waits about 4 to 8 s before it looks up its vendor's host. */
const WATCHED_MS = 12_000;

/** glibc reads this file at a process's first look-up of a name, and complains of what it says. */
const WATCHDOG = 'a-name-was-looked-up';

let home: string;
let environment: Record<string, string>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'naevus-home-'));
  const hostConf = join(home, 'host.conf');
  writeFileSync(hostConf, `${WATCHDOG}\n`);
  // No CI variables: onnxruntime keeps quiet where it sees them.
  environment = { PATH: process.env.PATH!, HOME: home, RESOLV_HOST_CONF: hostConf };
});
afterEach(() => rmSync(home, { recursive: true }));

const filesAtHome = () =>
  readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((file) => file !== 'host.conf');

const run = (args: readonly string[], options = {}) =>
  promisify(execFile)(process.execPath, args, { env: environment, ...options });

describe.runIf(process.platform === 'linux')('names that are looked up (Linux)', () => {
  it('are seen by this test', async () => {
    const lookup = "require('node:dns').lookup('naevus.invalid', () => {})";
    expect((await run(['-e', lookup])).stderr).toContain(WATCHDOG);
  });

  it('are none while the server answers', { timeout: 90_000 }, async () => {
    const server = await startServer(environment);
    let stderr = '';
    server.process.stderr!.on('data', (chunk) => {
      stderr += chunk;
    });
    const answer = await server.post('/predict', new Uint8Array(readFileSync(EXAMPLE)));
    expect(answer.status).toBe(200);
    await delay(WATCHED_MS);
    expect(await server.stop()).toBe(0);
    expect(stderr).not.toContain(WATCHDOG);
    expect(filesAtHome()).toEqual([]);
  });
});

it('the command line writes no file at home, and looks no name up', async () => {
  const { stdout, stderr } = await run([PROGRAM, 'predict', EXAMPLE]);
  expect(JSON.parse(stdout).results[0].predictions).toHaveLength(7);
  expect(stderr).not.toContain(WATCHDOG);
  expect(filesAtHome()).toEqual([]);
});

describe('scripts of package.json', () => {
  const scripts = (workspace: string): [string, string][] =>
    Object.entries(
      JSON.parse(readFileSync(join(REPOSITORY, workspace, 'package.json'), 'utf8')).scripts,
    );

  it('run turbo without its telemetry', async () => {
    const turbo = scripts('.').flatMap(([, script]) => script.match(/\S+ turbo run/g) ?? []);
    expect(turbo.length).toBeGreaterThan(10);
    expect(new Set(turbo)).toEqual(new Set(['TURBO_TELEMETRY_DISABLED=1 turbo run']));
    // turbo obeys this variable: it writes no identifier of the machine, as it does otherwise.
    const binary = join(REPOSITORY, 'node_modules/.bin/turbo');
    const env = { ...environment, TURBO_TELEMETRY_DISABLED: '1' };
    await run([binary, 'run', 'build', '--dry=json'], { cwd: REPOSITORY, env });
    expect(filesAtHome()).toEqual([]);
  });

  it("keep turbo's lines out of what programs print", () => {
    const programs = scripts('.').filter(([, script]) =>
      /turbo run build .*(node|wrangler|npm)/.test(script),
    );
    expect(programs.length).toBeGreaterThan(10);
    const mixed = programs.filter(([, script]) => !/turbo run [^&]* 1>&2 &&/.test(script));
    expect(mixed.map(([name]) => name)).toEqual([]);
  });

  it.each(['wrangler.jsonc', 'wrangler.bulk.jsonc'])('%s: without metrics', (file) => {
    const config = readFileSync(join(REPOSITORY, 'api', file), 'utf8');
    expect(config).toContain('"send_metrics": false');
  });
});
