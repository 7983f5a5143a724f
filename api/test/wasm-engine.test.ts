import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PredictResponse } from '../src/schemas/prediction.ts';
import { lesion } from './helpers/conformance-requests.ts';
import { runServer, type ServerProcess, startServer } from './helpers/server-process.ts';

const NO_NATIVE = fileURLToPath(new URL('./helpers/no-native-modules.cjs', import.meta.url));
const WITHOUT_NATIVE = { NODE_OPTIONS: `--require ${NO_NATIVE}` };
/** What WebAssembly and native code may differ by, where both decode to the same bytes. */
const TOLERANCE = 1e-3;

let native: ServerProcess;

beforeAll(async () => {
  native = await startServer({ NAEVUS_ENGINE: 'native' });
});

afterAll(() => native.stop());

async function scores(server: ServerProcess, body: Uint8Array<ArrayBuffer>) {
  const response = await server.post('/predict', body);
  expect(response.status).toBe(200);
  const { predictions } = (await response.json()) as PredictResponse;
  return new Map(predictions.map(({ label, score }) => [label, score]));
}

const missing = ({ log }: ServerProcess) =>
  log.filter((entry) => entry.module !== undefined).map((entry) => entry.module);

describe.each([
  ['where it is asked for', { NAEVUS_ENGINE: 'wasm' }, []],
  ['where nothing native has a build', WITHOUT_NATIVE, ['onnxruntime-node', 'sharp']],
])('the WebAssembly engine, %s', (_, variables, expectedMissing) => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startServer(variables);
  });

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it.each(['jpeg', 'png'] as const)('answers a %s as the native one', async (format) => {
    const file = new Uint8Array(await sharp(lesion(1)).toFormat(format).toBuffer());
    const expected = await scores(native, file);
    for (const [label, score] of await scores(server, file)) {
      expect(Math.abs(score - expected.get(label)!)).toBeLessThan(TOLERANCE);
    }
  });

  it('explains, too', async () => {
    const response = await server.post('/gradcam', lesion(1), { Accept: 'image/png' });
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'image/png']);
  });

  it('tells in the log, once, what it stands in for', () => {
    expect(missing(server)).toEqual(expectedMissing);
  });
});

it('does not start where only the native engine will do, and there is none', async () => {
  const { code, stderr } = await runServer({ ...WITHOUT_NATIVE, NAEVUS_ENGINE: 'native' });
  expect(code).toBe(1);
  expect(stderr).toContain('onnxruntime-node does not load on this machine');
});
