import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRandom } from '@naevus/shared/statistics/random';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { efficientNetB0 } from '../network/architecture.ts';
import { trainedLookingParameters } from '../network/fixtures/shrunken-network.ts';
import { parameterSpecs } from '../network/parameters.ts';
import { serializeSafetensors } from '../network/safetensors.ts';

// Real commands train the real network, and a server answers: under a minute on two quiet cores, far more on busy ones.
const MINUTES = 60_000;
/** So few that export fits no assessment, which would take minutes. */
const PER_DIAGNOSIS = 8;
const run = promisify(execFile);
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SERVER = at('../../../api/dist/node.js');

const EIGHT = {
  ...HAM10000,
  name: 'ham10000-scc',
  title: 'HAM10000 and squamous cell carcinoma',
  unseen: [],
  classes: [
    ...HAM10000.classes,
    {
      label: 'scc',
      name: { en: 'Squamous cell carcinoma' },
      risk: 'malignant',
      critical: true,
    },
  ],
};
const TWO = {
  schemaVersion: 1,
  name: 'melanoma',
  title: 'Melanoma or not',
  classes: [
    { label: 'melanoma', name: { en: 'Melanoma' }, risk: 'malignant', critical: true },
    { label: 'other', name: { en: 'No melanoma' }, risk: 'benign' },
  ],
};
const DIAGNOSES = EIGHT.classes.map(({ label }) => label);
const CASES = [
  {
    taxonomy: TWO,
    diagnoses: Object.fromEntries(
      DIAGNOSES.map((name) => [name, name === 'mel' ? 'melanoma' : 'other']),
    ),
    without: 'mel',
    absent: 'melanoma',
  },
  {
    taxonomy: EIGHT,
    diagnoses: {},
    without: 'scc',
    absent: 'scc',
  },
];

interface Report {
  readonly labels: string[];
  readonly metrics: {
    readonly samples: number;
    readonly perClass: { readonly support: number }[];
  };
}

let folder: string;
const servers: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxonomies-'));
  await writeImages(join(folder, 'images'));
  const shapes = new Map(parameterSpecs(efficientNetB0()).map(({ name, shape }) => [name, shape]));
  const weights = serializeSafetensors(trainedLookingParameters(efficientNetB0(), 11), shapes);
  await writeFile(join(folder, 'weights.safetensors'), weights);
  const config = {
    statisticsImages: 0,
    cacheSize: 96,
    validationFraction: 0.5,
    head: { epochs: 4, batchSize: 16, learningRate: 5e-3 },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const floors = {
    balancedAccuracy: 0,
    macroAuc: 0,
    melanomaSensitivity: 0,
    calibrationError: 1,
  };
  const policy = { minImages: 5, resamples: 100, floors };
  await writeFile(join(folder, 'policy.json'), JSON.stringify(policy));
});

afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Pictures whose colour tells the diagnosis, and for each case their table and one without a class. */
async function writeImages(images: string): Promise<void> {
  await mkdir(images);
  const random = createRandom(1);
  for (const [k, diagnosis] of DIAGNOSES.entries()) {
    const tint = [67, 101, 137].map((factor) => 40 + ((k * factor) % 170));
    for (let i = 0; i < PER_DIAGNOSIS; i++) {
      const pixels = Uint8Array.from(
        { length: 48 * 36 * 3 },
        (_, p) => tint[p % 3]! + random.integer(40),
      );
      await sharp(pixels, { raw: { width: 48, height: 36, channels: 3 } })
        .jpeg()
        .toFile(join(images, `${diagnosis}_${i}.jpg`));
    }
  }
  for (const { taxonomy, without } of CASES) {
    for (const left of ['', without]) {
      const rows = DIAGNOSES.filter((diagnosis) => diagnosis !== left).flatMap((diagnosis) =>
        Array.from({ length: PER_DIAGNOSIS }, (_, i) => {
          const name = `${diagnosis}_${i}`;
          return `lesion_${name},${name},${diagnosis}`;
        }),
      );
      await writeFile(
        join(folder, `${taxonomy.name}${left && '-without'}.csv`),
        ['lesion_id,image_id,dx', ...rows].join('\n'),
      );
    }
  }
}

async function command(name: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [at(`../../dist/${name}.js`), ...args], {
    cwd: folder,
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${name} failed:\n${error.stdout}${error.stderr}`);
  });
  return stdout + stderr;
}

const readJson = async <T>(...path: string[]): Promise<T> =>
  JSON.parse(await readFile(join(folder, ...path), 'utf8')) as T;

async function serve(models: string): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [SERVER], {
    env: { PATH: process.env.PATH, PORT: '0', NAEVUS_MODEL_DIR: models, NAEVUS_WORKERS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  servers.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return { url: url.replace(/\/$/, ''), process: child };
  }
  throw new Error('the server ended before it listened');
}

describe.each(CASES)('$taxonomy.title', ({ taxonomy, diagnoses, absent }) => {
  const labels = taxonomy.classes.map(({ label }) => label);
  const names = taxonomy.classes.map(({ name }) => name.en);
  const { name } = taxonomy;
  const version = join(name, 'models', '0.0.1');

  it(
    'is trained, exported, evaluated and gated',
    async () => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'taxonomy.json'), JSON.stringify(taxonomy));
      const source = join(name, 'source.json');
      const definition = {
        name: 'drawn',
        title: 'Drawn pictures',
        licence: 'CC0',
        attribution: 'nobody',
        description: 'Pictures of one colour.',
        diagnoses,
      };
      await writeFile(join(folder, source), JSON.stringify(definition));
      const images = ['--data', 'images', '--source', source];
      const data = [...images, '--metadata', `${name}.csv`];

      const trained = await command(
        'train',
        ...data,
        ...['--taxonomy', join(name, 'taxonomy.json'), '--config', 'config.json'],
        ...['--weights', 'weights.safetensors', '--out', join(name, 'run'), '--cache', 'cache'],
      );
      expect(trained).toContain('fewer than 200 lesions: export fits no calibration');
      await command(
        'export',
        ...['--run', join(name, 'run'), '--version', '0.0.1', '--artifacts', join(name, 'models')],
      );
      const manifest = await readJson<{ taxonomy: typeof TWO }>(version, 'manifest.json');
      expect(manifest.taxonomy.classes.map(({ label }) => label)).toEqual(labels);
      expect(manifest.taxonomy.title).toBe(taxonomy.title);

      const report = await readJson<Report>(version, 'reports', 'metrics.json');
      expect(report.labels).toEqual(labels);
      const split = await readJson<{ counts: { validation: Record<string, number> } }>(
        version,
        'reports',
        'split.json',
      );
      const counts = labels.map((label) => split.counts.validation[label]);
      expect(report.metrics.perClass.map(({ support }) => support)).toEqual(counts);
      const card = await readFile(join(folder, version, 'MODEL_CARD.md'), 'utf8');
      for (const one of names) expect(card).toContain(one);
      expect(card).not.toMatch(/\bseven\b/i);

      const scores = join(name, 'scores.json');
      const side = ['--split', join(version, 'reports', 'split.json'), '--side', 'validation'];
      await command('evaluate', ...data, '--model', version, ...side, '--out', scores);
      expect((await readJson<Report>(scores)).metrics).toEqual(report.metrics);
      const gated = await command(
        'gate',
        ...['--candidate', version, ...data, '--candidate-scores', scores, '--current', 'none'],
        ...['--policy', 'policy.json', '--out', join(name, 'gate.md')],
      );
      expect(gated).toContain('0.0.1: passed');
      const csv = scores.replace('.json', '.csv');
      const drift = command('drift', '--predictions', csv, '--model', version);
      await expect(drift).rejects.toThrow('on fewer than 200 validation lesions');

      // No image of one class: its figures are left out, and nothing divides by its count.
      const without = join(name, 'without.json');
      const table = ['--metadata', `${name}-without.csv`];
      await command('evaluate', ...images, ...table, '--model', version, '--out', without);
      const { metrics } = await readJson<Report>(without);
      expect(metrics.perClass[labels.indexOf(absent)]!.support).toBe(0);
      expect(metrics.samples).toBe((DIAGNOSES.length - 1) * PER_DIAGNOSIS);
    },
    20 * MINUTES,
  );

  it(
    'is served with its own classes',
    async () => {
      expect(existsSync(SERVER), 'npm run build makes the server').toBe(true);
      const { url, process: server } = await serve(join(folder, name, 'models'));
      const json = async (path: string, body?: Buffer, headers = {}) => {
        const response = await fetch(
          url + path,
          body && { method: 'POST', body: new Uint8Array(body), headers },
        );
        const text = await response.text();
        expect(response.status, text).toBe(200);
        return JSON.parse(text);
      };
      const image = await readFile(join(folder, 'images', 'mel_0.jpg'));
      const { predictions } = await json('/predict', image);
      expect(predictions.map(({ label }: { label: string }) => label).sort()).toEqual(
        [...labels].sort(),
      );
      const model = await json('/model');
      expect(model.labels.map(({ label }: { label: string }) => label)).toEqual(labels);
      const v2 = `/v2/models/${model.name}`;
      const { parameters, outputs } = await json(v2);
      expect(parameters.labels).toBe(labels.join());
      expect(outputs).toContainEqual(
        expect.objectContaining({ name: 'probabilities', shape: [-1, labels.length] }),
      );
      const inferred = await json(`${v2}/infer`, image, { 'Inference-Header-Content-Length': '0' });
      expect(inferred.outputs).toContainEqual(
        expect.objectContaining({ name: 'probabilities', shape: [1, labels.length] }),
      );
      const openapi = await json('/openapi.json');
      expect(openapi.components.schemas.Prediction.properties.label.enum).toEqual(labels);
      const page = await (await fetch(`${url}/`)).text();
      for (const one of names) expect(page).toContain(one);
      expect(page).not.toMatch(/\bseven\b/i);
      server.kill('SIGTERM');
      const [code] = await once(server, 'exit');
      expect(code).toBe(0);
    },
    5 * MINUTES,
  );
});
