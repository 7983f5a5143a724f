import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { exportTfjs } from '../convert/tfjs/tfjs-export.ts';
import { withIdentityNorms } from '../convert/unfold-batch-norm.ts';
import { efficientNetB0 } from '../network/architecture.ts';
import { relativeError } from '../network/fixtures/relative-error.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { bundledFolder, bundledVersions } from '../versions/fixtures/bundled-versions.ts';
import {
  decodeGraphWeights,
  readVersionWeights,
  type VersionWeights,
} from '../versions/version-weights.ts';
import { averageRun, evenShares } from './average-run.ts';

const [BEFORE, SERVED] = await bundledVersions();

let own: VersionWeights;
let other: VersionWeights;

beforeAll(async () => {
  await tf.setBackend('cpu');
  [own, other] = (await Promise.all(
    [SERVED, BEFORE].map((version) => readVersionWeights(bundledFolder(version))),
  )) as [VersionWeights, VersionWeights];
});

/** Of a run, what averaging looks at: the network of the served version and its split. */
const run = (validation = own.split.validation) =>
  ({
    parameters: withIdentityNorms(own.values, efficientNetB0()),
    record: { method: 'As it was trained.' },
    split: { ...own.split, validation },
  }) as unknown as FinishedRun;

it('exports the mean of the networks, the run counting as much as the versions together', async () => {
  const averaged = await averageRun(run(), { runs: [], versions: [other, other] });
  expect(averaged.record.method).toMatch(
    new RegExp(`^As it was trained\\. Served is the mean .* ${BEFORE} \\(sha256`),
  );
  const exported = await decodeGraphWeights(
    exportTfjs(averaged.parameters, efficientNetB0(), 'float32'),
  );
  expect([...exported.keys()].sort()).toEqual([...own.values.keys()].sort());
  for (const [name, values] of exported) {
    const [a, b] = [own.values.get(name)!, other.values.get(name)!];
    expect(
      relativeError(
        values,
        a.map((value, i) => (value + b[i]!) / 2),
      ),
    ).toBeLessThan(1e-5);
  }
});

it('gives the versions the share that was asked for', async () => {
  const others = { runs: [], versions: [other] };
  const averaged = await averageRun(run(), others, evenShares(others, 0.25));
  expect(averaged.record.method).toContain('these weights (75 %)');
  const exported = await decodeGraphWeights(
    exportTfjs(averaged.parameters, efficientNetB0(), 'float32'),
  );
  const name = 'conv_head/bias';
  const [values, a, b] = [exported, own.values, other.values].map((of) => of.get(name)!);
  const expected = a!.map((value, i) => 0.75 * value + 0.25 * b![i]!);
  expect(relativeError(values!, expected)).toBeLessThan(1e-5);
});

it('gives each the share that was asked for', async () => {
  const second = {
    ...run(),
    parameters: withIdentityNorms(other.values, efficientNetB0()),
    name: 'run b',
  };
  const averaged = await averageRun(
    run(),
    { runs: [second], versions: [] },
    { run: 0.9, runs: [0.1], versions: [] },
  );
  expect(averaged.record.method).toContain('these weights (90 %), those of run b (10 %');
  const exported = await decodeGraphWeights(
    exportTfjs(averaged.parameters, efficientNetB0(), 'float32'),
  );
  const [a, b] = [own.values, other.values].map((of) => of.get('conv_head/bias')!);
  const expected = a!.map((value, i) => 0.9 * value + 0.1 * b![i]!);
  expect(relativeError(exported.get('conv_head/bias')!, expected)).toBeLessThan(1e-5);
});

it('counts another run as much as the first', async () => {
  const second = {
    ...run(),
    parameters: withIdentityNorms(other.values, efficientNetB0()),
    name: 'run b',
  };
  const averaged = await averageRun(run(), { runs: [second], versions: [own] });
  expect(averaged.record.method).toMatch(
    /these weights \(33 %\), those of run b \(33 %; As it was trained\.\)/,
  );
  const exported = await decodeGraphWeights(
    exportTfjs(averaged.parameters, efficientNetB0(), 'float32'),
  );
  for (const [name, values] of exported) {
    const [a, b] = [own.values.get(name)!, other.values.get(name)!];
    const expected = a.map((value, i) => (2 * value + b[i]!) / 3);
    expect(relativeError(values, expected)).toBeLessThan(1e-5);
  }
});

it('refuses a run that was trained on what the first validates on', async () => {
  const leak = { ...run(), name: 'run b', split: { ...own.split, train: own.split.validation } };
  await expect(averageRun(run(), { runs: [leak], versions: [] })).rejects.toThrow('run b');
});

it('refuses a version that was trained on what the run validates on', async () => {
  const validation = [...own.split.validation, other.split.train[3]!];
  await expect(averageRun(run(validation), { runs: [], versions: [other] })).rejects.toThrow(
    other.split.train[3]!,
  );
});
