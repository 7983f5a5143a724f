import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(root, 'api/src/http/page/examples/ISIC_0025751.jpg');

/** No scripts of packages, and the registry only for what npm has not stored. */
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];

let folder: string;
let packages: { readonly client: string; readonly server: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naevus-packages-'));
  const { stdout } = await run(process.execPath, [join(root, 'api/packages/pack.mjs'), folder]);
  const [client, server] = stdout.trim().split('\n');
  packages = { client: client!, server: server! };
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function emptyProject(name: string): Promise<string> {
  const project = join(folder, name);
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"private":true,"type":"module"}');
  return project;
}

describe('the client', () => {
  let project: string;
  let server: ServerProcess;

  beforeAll(async () => {
    project = await emptyProject('with-client');
    await run('npm', [...INSTALL, '--offline', packages.client], { cwd: project });
    server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  }, 120_000);

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it('is one module of at most 15 KB that needs no other package', async () => {
    const installed = join(project, 'node_modules');
    expect((await readdir(installed)).filter((name) => !name.startsWith('.'))).toEqual(['@naevus']);
    const module = join(installed, '@naevus/client/dist/client.js');
    expect((await stat(module)).size).toBeLessThanOrEqual(15_000);
    expect(await readFile(module, 'utf8')).not.toMatch(/\b(import|require)\b\s*[({"']|ZodError/);
  });

  it('asks a server, in Node without TypeScript', async () => {
    await writeFile(
      join(project, 'ask.js'),
      `import { readFile } from 'node:fs/promises';
      import { NaevusClient } from '@naevus/client';
      const naevus = new NaevusClient({ baseUrl: process.argv[2] });
      const image = await readFile(process.argv[3]);
      console.log(JSON.stringify(await naevus.predict(image, { topK: 2, prior: 'uniform' })));`,
    );
    const { stdout } = await run(process.execPath, ['ask.js', server.url, EXAMPLE], {
      cwd: project,
    });
    const answer = predictResponseSchema.parse(JSON.parse(stdout));
    expect(answer.predictions).toHaveLength(2);
    expect(answer.prior.name).toBe('uniform');
  });

  it('has types that hold under the options that tsc --init writes', async () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    await run(tsc, ['--init'], { cwd: project });
    await writeFile(
      join(project, 'typed.ts'),
      `import { type GradcamResponse, NaevusClient, NaevusError, type PredictResponse } from '@naevus/client';
      const naevus = new NaevusClient({ baseUrl: 'http://localhost:8080' });
      export async function ask(image: Blob): Promise<number | undefined> {
        const answer: PredictResponse = await naevus.predict(image, { tta: 4, coverage: 0.8, sex: 'female' });
        const map: GradcamResponse = await naevus.gradcam(image, { class: 'mel', method: 'dense-grad-cam' });
        const report = await naevus.lesionReport([image], { subject: 'Patient/1', strict: true });
        const ids: readonly string[] = [answer.id, map.id, report.conclusion];
        return ids.length === 0 ? undefined : answer.assessment?.malignant_score;
      }
      export const isBusy = (error: unknown): boolean => error instanceof NaevusError && error.is('busy');
      // @ts-expect-error: there are no three views.
      export const wrong = () => naevus.predict(new Blob(), { tta: 3 });
      // @ts-expect-error: not a member of the answer.
      export const missing = () => naevus.model().then((model) => model.nonsense);\n`,
    );
    await run(tsc, [], { cwd: project });
    await expect(import(pathToFileURL(join(project, 'typed.js')).href)).resolves.toMatchObject({
      isBusy: expect.any(Function),
    });
  });
});

describe('the server and the command line', () => {
  let project: string;

  beforeAll(async () => {
    project = await emptyProject('with-server');
    try {
      await run('npm', [...INSTALL, packages.server], { cwd: project, timeout: 100_000 });
    } catch (error) {
      console.warn(`npm installs no packages here, those of the repository are used: ${error}`);
      await installByHand(project);
    }
  }, 120_000);

  /** Without a registry: unpacks the package, beside the repository's own packages. */
  async function installByHand(project: string): Promise<void> {
    const installed = join(project, 'node_modules');
    await rm(installed, { recursive: true, force: true });
    await mkdir(join(installed, '.bin'), { recursive: true });
    await run('tar', ['-xzf', packages.server, '-C', installed]);
    const manifest = await readFile(join(installed, 'package/package.json'), 'utf8');
    const { bin, dependencies } = JSON.parse(manifest);
    for (const name of Object.keys(dependencies)) {
      await symlink(join(root, 'node_modules', name), join(installed, name));
    }
    await symlink(join('../package', bin.naevus), join(installed, '.bin/naevus'));
  }

  it('predicts', async () => {
    const { stdout } = await run('npx', ['--no', 'naevus', 'predict', EXAMPLE], { cwd: project });
    const answer = JSON.parse(stdout);
    expect(answer.results[0].predictions).toHaveLength(7);
    const { version } = await bundledVersion();
    expect(answer.model.version).toBe(version);
  });

  it('serves', async () => {
    const server = await startServer({}, [join(project, 'node_modules/.bin/naevus'), 'serve']);
    try {
      const body = await readFile(EXAMPLE);
      const response = await fetch(`${server.url}/predict`, { method: 'POST', body });
      const answer = predictResponseSchema.parse(await response.json());
      expect(answer.model.version).toBe((await bundledVersion()).version);
      expect((await fetch(server.url)).headers.get('Content-Type')).toMatch(/^text\/html/);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });

  async function bundledVersion(): Promise<{ version: string }> {
    return JSON.parse(await readFile(join(root, 'model-artifacts/current.json'), 'utf8'));
  }
});
