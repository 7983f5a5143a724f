import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileSha256 } from '../../data/download/public-file.ts';
import { efficientNetB0 } from '../../network/architecture.ts';
import { GOLDEN_WEIGHTS, goldenAvailable } from '../../network/fixtures/golden-features.ts';
import { trainedLookingParameters } from '../../network/fixtures/shrunken-network.ts';
import { type Parameters, parameterSpecs } from '../../network/parameters.ts';
import { serializeSafetensors } from '../../network/safetensors.ts';
import { loadPretrained } from './pretrained.ts';

const shapes = new Map(parameterSpecs(efficientNetB0()).map(({ name, shape }) => [name, shape]));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pretrained-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function weightsFile(change: (parameters: Parameters) => void): Promise<string> {
  const parameters = trainedLookingParameters(efficientNetB0(), 1);
  // As the public file has it: a classifier of 1000 classes.
  parameters.set('classifier.weight', new Float32Array(1000 * 1280));
  parameters.set('classifier.bias', new Float32Array(1000));
  change(parameters);
  const path = join(folder, 'weights.safetensors');
  const written = new Map(shapes)
    .set('classifier.weight', [1000, 1280])
    .set('classifier.bias', [1000]);
  await writeFile(path, serializeSafetensors(parameters, written));
  return path;
}

it('reads the backbone and leaves the classifier', async () => {
  const path = await weightsFile(() => undefined);
  const { parameters, description } = await loadPretrained(path);
  expect(parameters.size).toBe(shapes.size - 2);
  expect([...parameters.keys()].filter((name) => name.startsWith('classifier'))).toEqual([]);
  expect(description).toBe(`weights.safetensors (sha256 ${await fileSha256(path)})`);
});

it('names what a file lacks or has wrong', async () => {
  const lacking = await weightsFile((p) => p.delete('blocks.4.2.bn1.running_var'));
  await expect(loadPretrained(lacking)).rejects.toThrow('lack blocks.4.2.bn1.running_var');
  const broken = await weightsFile((p) => {
    p.get('bn1.bias')![3] = Number.NaN;
  });
  await expect(loadPretrained(broken)).rejects.toThrow('bn1.bias holds a value that is not finite');
});

it('says what to do when the public file cannot be had', async () => {
  const nowhere = { name: 'x', url: 'http://127.0.0.1:9/x', bytes: 1, sha256: '0'.repeat(64) };
  await expect(loadPretrained(undefined, nowhere, folder)).rejects.toThrow('--weights FILE');
});

it.skipIf(!goldenAvailable)('reads the backbone beside the repository', async () => {
  const { parameters } = await loadPretrained(GOLDEN_WEIGHTS);
  expect([...parameters.values()].reduce((sum, { length }) => sum + length, 0)).toBe(4_049_564);
});
