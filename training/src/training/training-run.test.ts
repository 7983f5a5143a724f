import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitSchema } from '@naevus/shared/artifact/split';
import { createResampler } from '@naevus/shared/preprocessing/resampler';
import { createRandom } from '@naevus/shared/random';
import { LABELS } from '@naevus/shared/taxonomy';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, loadDataset } from '../data/dataset.ts';
import { fingerprintDataset } from '../data/fingerprint.ts';
import { splitDataset } from '../data/split.ts';
import { SHRUNKEN, trainedLookingParameters } from '../network/fixtures/shrunken-network.ts';
import { checkParameters } from '../network/parameters.ts';
import { RUN_FILES, runRecordSchema } from '../run/run-record.ts';
import { readSafetensors } from '../weights/safetensors.ts';
import { PRESETS, trainingConfigSchema } from './training-config.ts';
import { type TrainingRun, trainRun } from './training-run.ts';

// Worker threads run JavaScript: the build makes it of augmentation-worker.ts, and comes before the tests.
const AUGMENTATION_WORKER = new URL('../../dist/augmentation-worker.js', import.meta.url);
const RESAMPLER = new URL('../../../shared/dist/resampler.wasm', import.meta.url);
const PER_CLASS = 6;

let folder: string;
let dataset: Dataset;
let run: Omit<TrainingRun, 'out' | 'shouldStop'>;

/** Pictures whose colour tells the class, with noise. */
async function writePictures(directory: string): Promise<void> {
  const random = createRandom(1);
  const rows = ['lesion_id,image_id,dx'];
  for (const [k, label] of LABELS.entries()) {
    for (let i = 0; i < PER_CLASS; i++) {
      const [width, height] = [64, 48];
      const pixels = Buffer.alloc(width * height * 3);
      const tint = [30 * k, 255 - 30 * k, (k * 97) % 256];
      for (let p = 0; p < pixels.length; p++) pixels[p] = 0.7 * tint[p % 3]! + random.integer(70);
      const name = `${label}_${i}`;
      rows.push(`lesion_${label}_${i >> 1},${name},${label}`);
      await sharp(pixels, { raw: { width, height, channels: 3 } })
        .jpeg()
        .toFile(join(directory, `${name}.jpg`));
    }
  }
  await writeFile(join(directory, 'metadata.csv'), rows.join('\n'));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naevus-train-'));
  const images = join(folder, 'images');
  await mkdir(images);
  await writePictures(images);
  dataset = await loadDataset({ directory: images });
  const config = trainingConfigSchema.parse(PRESETS.smoke);
  const cacheDirectory = join(folder, 'cache');
  const fingerprints = await fingerprintDataset(dataset, { cacheDirectory });
  run = {
    architecture: SHRUNKEN,
    dataset,
    split: splitDataset(dataset, fingerprints, config),
    initialWeights: {
      parameters: trainedLookingParameters(SHRUNKEN, 2),
      description: 'random',
    },
    config,
    resampler: createResampler(new WebAssembly.Module(await readFile(RESAMPLER))),
    cacheDirectory,
    augmentationWorker: AUGMENTATION_WORKER,
    codeCommit: 'unknown',
    datasetName: 'coloured squares',
  };
});
afterAll(() => rm(folder, { recursive: true }));

const readJson = async (out: string, name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(out, name), 'utf8'));

describe('trainRun', () => {
  it('finds the worker that the build makes', () => {
    expect(existsSync(AUGMENTATION_WORKER), 'npm run build comes first').toBe(true);
  });

  it('goes on after a stop to the same weights as without one, and writes the run', async () => {
    const whole = join(folder, 'whole');
    expect(await trainRun({ ...run, out: whole, shouldStop: () => false })).toBe('finished');

    const broken = join(folder, 'broken');
    for (const stopAfter of [3, 4]) {
      let asked = 0;
      const shouldStop = () => asked++ === stopAfter;
      expect(await trainRun({ ...run, out: broken, shouldStop })).toBe('stopped');
      expect(existsSync(join(broken, RUN_FILES.record))).toBe(false);
    }
    expect(await trainRun({ ...run, out: broken, shouldStop: () => false })).toBe('finished');

    const weights = await readSafetensors(join(whole, RUN_FILES.weights));
    const resumed = await readSafetensors(join(broken, RUN_FILES.weights));
    expect([...resumed.keys()]).toEqual([...weights.keys()]);
    for (const [name, values] of weights) expect(resumed.get(name), name).toEqual(values);
    checkParameters(weights, SHRUNKEN);

    const history = (await readJson(whole, RUN_FILES.history)) as {
      phase: string;
      validation?: object;
    }[];
    expect(history.map(({ phase }) => phase)).toEqual([
      ...new Array(4).fill('head'),
      ...new Array(2).fill('fine-tuning'),
    ]);
    expect(history.at(-1)?.validation).toHaveProperty('balancedAccuracyUniformPrior');

    const record = runRecordSchema.parse(await readJson(whole, RUN_FILES.record));
    const split = splitSchema.parse(await readJson(whole, RUN_FILES.split));
    expect(record.dataSha256).toBe(dataset.dataSha256);
    expect(record.counts.train).toEqual(split.counts.train);
    expect(Object.values(record.prior).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    // Logit adjustment leaves logits of a uniform prior: the bias takes them to the training one.
    LABELS.forEach((label, k) => {
      const expected = Math.log(record.prior[label]) - Math.log(1 / LABELS.length);
      expect(record.calibration.logitBias[k]).toBeCloseTo(expected, 9);
    });
  });

  it('does not resume what another configuration began', async () => {
    const out = join(folder, 'other');
    let asked = 0;
    await trainRun({ ...run, out, shouldStop: () => asked++ === 1 });
    const config = { ...run.config, seed: 2 };
    await expect(trainRun({ ...run, config, out, shouldStop: () => false })).rejects.toThrow(
      'another configuration',
    );
  });
});
