import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import {
  tinyModelWithBias,
  useFixtureVersion,
  writeFixtureArtifact,
  writeFixtureVersion,
} from './helpers/fixture-artifact.ts';
import { jpeg } from './helpers/pictures.ts';
import { runServer, type ServerProcess, startServer } from './helpers/server-process.ts';

/** Whatever the picture, `df` has the highest score. */
const ALWAYS_DF = tinyModelWithBias([0, 0, 0, 99, 0, 0, 0]);
const NOT_A_NUMBER = tinyModelWithBias([0, 0, Number.NaN, 0, 0, 0, 0]);

/** The next line of the log that says so. */
async function logged(server: ServerProcess, message: string, after = 0) {
  const find = () => server.log.slice(after).find(({ msg }) => msg === message);
  await expect.poll(find, { timeout: 10_000, interval: 20 }).toBeDefined();
  return find()!;
}

async function predict(server: ServerProcess, image: Uint8Array<ArrayBuffer>, query = '') {
  const response = await server.post(`/predict${query}`, image);
  expect(response.status).toBe(200);
  const { model, predictions } = predictResponseSchema.parse(await response.json());
  return { version: model.version, sha256: model.sha256, top: predictions[0]!.label };
}

const CHECKED = 'checked for a new version';
const REFUSED = 'the new version is refused; the previous one is still served';

describe('a new current version', () => {
  it('takes over without a request lost, and each answer names the model that gave it', async () => {
    const root = writeFixtureArtifact();
    const server = await startServer({ NAEVUS_MODEL_DIR: root, NAEVUS_WORKERS: '2' });
    const image = await jpeg();
    const answers: { version: string; top: string }[] = [];
    let asking = true;
    const clients = Array.from({ length: 3 }, async () => {
      while (asking) answers.push(await predict(server, image));
    });
    writeFixtureVersion(root, { version: '0.0.2', network: ALWAYS_DF });
    const entry = await logged(server, CHECKED);
    expect(entry).toMatchObject({ outcome: 'served', from: '0.0.1', to: '0.0.2' });
    // Back again, by the signal this time and at once.
    useFixtureVersion(root, '0.0.1');
    const lines = server.log.length;
    server.process.kill('SIGHUP');
    await logged(server, CHECKED, lines);
    asking = false;
    await Promise.all(clients);
    const seen = new Set(answers.map(({ version, top }) => `${version} ${top}`));
    expect([...seen].sort()).toEqual(['0.0.1 mel', '0.0.2 df']);
    expect(await predict(server, image)).toMatchObject({ version: '0.0.1', top: 'mel' });
    expect(await server.stop()).toBe(0);
    expect(server.log.filter(({ msg }) => msg === 'a worker was lost')).toEqual([]);
  });

  it('does not take the engine from a request whose body is on its way', async () => {
    const root = writeFixtureArtifact();
    const server = await startServer({ NAEVUS_MODEL_DIR: root });
    const image = await jpeg();
    const slow = request(`${server.url}/predict`, {
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': image.length },
    });
    slow.flushHeaders();
    // The server has the header, and waits for the body.
    await once(slow, 'continue');
    writeFixtureVersion(root, { version: '0.0.2', network: ALWAYS_DF });
    server.process.kill('SIGHUP');
    expect(await logged(server, CHECKED)).toMatchObject({ to: '0.0.2' });
    expect(await predict(server, image)).toMatchObject({ version: '0.0.2' });
    slow.end(image);
    const [response] = (await once(slow, 'response')) as [IncomingMessage];
    const answer = predictResponseSchema.parse(await json(response));
    expect(answer.model.version).toBe('0.0.1');
    expect(answer.predictions[0]!.label).toBe('mel');
    // Free again, the old engine's workers end, and the server with them.
    expect(await server.stop()).toBe(0);
  });

  it('is not taken for new when nothing has changed', async () => {
    const server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
    server.process.kill('SIGHUP');
    expect(await logged(server, CHECKED)).toMatchObject({ outcome: 'unchanged', version: '0.0.1' });
    expect(await server.stop()).toBe(0);
  });

  it.each<[string, (root: string) => void, RegExp]>([
    [
      'has another network than its manifest vouches for',
      (root) => writeFixtureVersion(root, { version: '0.0.2', model: ALWAYS_DF }),
      /model\.onnx: has sha256 .* where the manifest says/,
    ],
    [
      'gives no numbers',
      (root) => writeFixtureVersion(root, { version: '0.0.2', network: NOT_A_NUMBER }),
      /self-test failed.*not finite/,
    ],
    ['is not there', (root) => useFixtureVersion(root, '0.0.9'), /0\.0\.9.*no such folder/],
    ['is no version', (root) => useFixtureVersion(root, '../0.0.1'), /current\.json.*version/],
  ])('is refused when it %s, and the one before answers on', async (_, change, reason) => {
    const root = writeFixtureArtifact();
    const server = await startServer({ NAEVUS_MODEL_DIR: root });
    change(root);
    server.process.kill('SIGHUP');
    const entry = await logged(server, REFUSED);
    expect(entry.reason).toMatch(reason);
    expect(await predict(server, await jpeg())).toMatchObject({ version: '0.0.1', top: 'mel' });
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });
});

describe('several versions at once', () => {
  it('answer by name, and the current one without', async () => {
    const root = writeFixtureArtifact({ network: ALWAYS_DF });
    writeFixtureVersion(root, { version: '0.0.3', model: ALWAYS_DF });
    writeFixtureVersion(root, { version: '0.0.2' });
    const server = await startServer({ NAEVUS_MODEL_DIR: root, NAEVUS_VERSIONS: 'all' });
    const image = await jpeg();
    // The one that cannot be served says so, and is not.
    const entry = await logged(server, 'a version is not served');
    expect(entry).toMatchObject({ version: '0.0.3', reason: expect.stringMatching(/sha256/) });
    expect(await predict(server, image)).toMatchObject({ version: '0.0.2', top: 'mel' });
    expect(await predict(server, image, '?version=0.0.2')).toMatchObject({ top: 'mel' });
    const old = await predict(server, image, '?version=0.0.1');
    expect(old).toMatchObject({ version: '0.0.1', top: 'df' });
    const model = await fetch(`${server.url}/model?version=0.0.1`);
    expect(modelResponseSchema.parse(await model.json()).sha256).toBe(old.sha256);
    for (const version of ['0.0.3', '0.0', '', '__proto__']) {
      const response = await server.post(`/predict?version=${version}`, image);
      expect(response.status).toBe(400);
      const { detail } = problemSchema.parse(await response.json());
      expect(detail).toBe('version must be one that is served: 0.0.1, 0.0.2');
    }
    expect(await server.stop()).toBe(0);
  });

  it('keep answering by name when another becomes the current one', async () => {
    const root = writeFixtureArtifact({ network: ALWAYS_DF });
    const server = await startServer({ NAEVUS_MODEL_DIR: root, NAEVUS_VERSIONS: '0.0.1' });
    const image = await jpeg();
    writeFixtureVersion(root, { version: '0.0.2' });
    server.process.kill('SIGHUP');
    await logged(server, CHECKED);
    expect(await predict(server, image)).toMatchObject({ version: '0.0.2', top: 'mel' });
    expect(await predict(server, image, '?version=0.0.1')).toMatchObject({ top: 'df' });
    expect(await server.stop()).toBe(0);
  });

  it('need a folder of versions', async () => {
    const { code, stderr } = await runServer({
      NAEVUS_MODEL_DIR: `${writeFixtureArtifact()}/0.0.1`,
      NAEVUS_VERSIONS: 'all',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^naevus: NAEVUS_VERSIONS needs a folder of versions; .* is one version/,
    );
  });
});
