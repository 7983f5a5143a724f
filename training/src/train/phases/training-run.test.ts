import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { softmax } from '@naevus/shared/answer/probabilities';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { createResampler } from '@naevus/shared/image/resampler';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AugmentedBatches } from '../../data/augmentation/augmented-batches.ts';
import { decodeImages } from '../../data/cache/labelled-images.ts';
import { type Dataset, loadDataset } from '../../data/load/dataset.ts';
import { fingerprintDataset } from '../../data/split/fingerprint.ts';
import { foldSplit } from '../../data/split/fold-split.ts';
import { splitDataset } from '../../data/split/split.ts';
import { splitSchema } from '../../data/split/split-schema.ts';
import { relativeError } from '../../network/fixtures/relative-error.ts';
import { SHRUNKEN, trainedLookingParameters } from '../../network/fixtures/shrunken-network.ts';
import { checkParameters } from '../../network/parameters.ts';
import { readSafetensors } from '../../network/safetensors.ts';
import { type ImageBatch, TrainableNetwork } from '../../network/trainable-network.ts';
import { readCheckpoint } from '../../run/checkpoint.ts';
import { PRESETS } from '../../run/config/presets.ts';
import { trainingConfigSchema } from '../../run/config/training-config.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';
import { RUN_FILES, runRecordSchema } from '../../run/run-record.ts';
import { openFoldTeacher } from '../distillation/fold-teacher.ts';
import { writeColouredPictures } from '../fixtures/coloured-pictures.ts';
import { type Features, pooledFeatures } from '../sampling/pooled-features.ts';
import { smote } from '../sampling/smote.ts';
import { type TrainingRun, trainRun } from './training-run.ts';
import { predictLogits } from './validation.ts';

vi.mock('../sampling/smote.ts', { spy: true });
vi.mock('../../data/augmentation/augmented-batches.ts', { spy: true });

// Worker threads run JavaScript: the build makes it of augmentation-worker.ts, and comes before the tests.
const AUGMENTATION_WORKER = new URL('../../../dist/augmentation-worker.js', import.meta.url);
const KERNELS = new URL('../../../../shared/dist/kernels.wasm', import.meta.url);
const PER_CLASS = 6;

let folder: string;
let dataset: Dataset;
let run: Omit<TrainingRun, 'out' | 'shouldStop'>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naevus-train-'));
  const images = join(folder, 'images');
  await writeColouredPictures(images, PER_CLASS);
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
    resampler: createResampler(new WebAssembly.Module(await readFile(KERNELS))),
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
    // Each attempt comes two pieces of work further: every phase is stopped in, and gone on with.
    const phases = new Set<string>();
    for (let attempt = 0; ; attempt++) {
      let asked = 0;
      const stopAfter = attempt === 0 ? 0 : 2;
      const shouldStop = () => asked++ === stopAfter;
      const outcome = await trainRun({ ...run, out: broken, shouldStop });
      if (outcome === 'finished') break;
      expect(existsSync(join(broken, RUN_FILES.record))).toBe(false);
      const { phase } = (await readJson(broken, 'checkpoint/state.json')) as { phase: string };
      phases.add(phase);
      expect(attempt, 'attempts that come no further').toBeLessThan(30);
    }
    expect(phases).toEqual(new Set(['statistics', 'head', 'fine-tuning']));

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
      const expected = Math.log(record.prior[label]!) - Math.log(1 / LABELS.length);
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

  it('runs every option of fine-tuning, stops early with the best weights, resumes', async () => {
    const config = trainingConfigSchema.parse({
      ...PRESETS.smoke,
      statisticsImages: 0,
      fineTuning: {
        ...PRESETS.smoke.fineTuning,
        optimizer: 'adam',
        weightDecay: 0,
        // Nothing is learned from a rate like this: the first validation stays the best.
        learningRate: 10,
        gradientNorm: null,
        schedule: 'plateau',
        plateau: { patience: 1, metric: 'logLoss' },
        earlyStopping: { patience: 2, metric: 'logLoss' },
        averageDecay: 0,
        batchNorm: 'frozen',
        microBatchSize: 3,
        mixing: { mixup: 0.4, cutMix: 1, offEpochs: 1 },
        stages: [{ epochs: 6, resolution: 64, frozenThrough: 'none' }],
        augmentation: {
          geometry: 'image-data-generator',
          fill: 'nearest',
          zoom: 0.1,
          hue: 0.1,
          jpeg: 0.5,
          strong: { offEpochs: 4 },
        },
        loss: { classWeightPower: 1, classWeightSchedule: 'late' },
      },
    });
    const train = async (name: string, stops: readonly number[]) => {
      const out = join(folder, name);
      for (const stopAfter of [...stops, Number.POSITIVE_INFINITY]) {
        let asked = 0;
        await trainRun({ ...run, config, out, shouldStop: () => asked++ === stopAfter });
      }
      return {
        weights: await readSafetensors(join(out, RUN_FILES.weights)),
        history: (await readJson(out, RUN_FILES.history)) as EpochRecord[],
      };
    };
    const whole = await train('every-option', []);
    const tuned = whole.history.filter(({ phase }) => phase === 'fine-tuning');
    expect(tuned.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(tuned.map(({ learningRate }) => learningRate)).toEqual([10, 10, 1]);
    // Frozen batch norm kept even what the pretrained file said.
    for (const [name, values] of run.initialWeights.parameters) {
      if (/(bn\d|bn)\.(weight|bias|running_mean|running_var)$/.test(name)) {
        expect(whole.weights.get(name), name).toEqual(values);
      }
    }
    const resumed = await train('every-option-resumed', [9, 6, 5]);
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.history.map(({ loss }) => loss)).toEqual(whole.history.map(({ loss }) => loss));
  });

  describe('with a teacher', () => {
    /** Says of every picture that it is of the last class, whatever it shows. */
    const teacher = {
      name: 'one that is sure',
      logits: vi.fn(async ({ count }: ImageBatch, _views: number) =>
        Float32Array.from({ length: count * LABELS.length }, (_, i) =>
          i % LABELS.length === LABELS.length - 1 ? 6 : 0,
        ),
      ),
      close: async () => {},
    };
    const withShare = (share: number) =>
      trainingConfigSchema.parse({
        ...PRESETS.smoke,
        fineTuning: {
          ...PRESETS.smoke.fineTuning,
          averageDecay: 0,
          learningRate: 0.02,
          microBatchSize: 3,
          mixing: { mixup: 0.4 },
          distillation: { share, views: 2 },
          stages: [{ epochs: 2, resolution: INPUT_SIZE, frozenThrough: 'blocks.2' }],
        },
      });
    const train = async (name: string, share: number, stops: readonly number[] = []) => {
      const out = join(folder, name);
      for (const stopAfter of [...stops, Number.POSITIVE_INFINITY]) {
        let asked = 0;
        const shouldStop = () => asked++ === stopAfter;
        await trainRun({ ...run, config: withShare(share), teacher, out, shouldStop });
      }
      return readSafetensors(join(out, RUN_FILES.weights));
    };
    /** Mean probability of the last class over the validation images. */
    const lastClass = async (name: string) => {
      const parameters = await readSafetensors(join(folder, name, RUN_FILES.weights));
      const network = new TrainableNetwork({ architecture: SHRUNKEN, parameters });
      const samples = new Map(dataset.samples.map((sample) => [sample.imageId, sample]));
      const images = await decodeImages(
        run.split.validation.map((id) => samples.get(id)!),
        { size: INPUT_SIZE, crop: 1 },
        run.resampler,
        { directory: run.cacheDirectory, key: 'taught' },
      );
      const logits = await predictLogits(network, images, () => false);
      network.dispose();
      const last = logits.map((row) => softmax(row).at(-1)!);
      return last.reduce((sum, p) => sum + p, 0) / last.length;
    };

    it('is drawn to what it says, by its share, and resumes to the same weights', async () => {
      const whole = await train('taught', 0.9);
      await train('hardly-taught', 0);
      expect(teacher.logits.mock.calls[0]![1]).toBe(2);
      expect(await lastClass('taught')).toBeGreaterThan((await lastClass('hardly-taught')) + 0.2);
      expect(await train('taught-resumed', 0.9, [9])).toEqual(whole);
      const record = runRecordSchema.parse(
        await readJson(join(folder, 'taught'), RUN_FILES.record),
      );
      expect(record.method).toContain('90 % of the loss from 2 views of one that is sure');
    });

    it('is refused where the configuration has no place for it, and missed where it has one', async () => {
      const out = join(folder, 'no-teacher');
      const shouldStop = () => false;
      await expect(trainRun({ ...run, teacher, out, shouldStop })).rejects.toThrow(
        'no fineTuning.distillation',
      );
      await expect(trainRun({ ...run, config: withShare(0.5), out, shouldStop })).rejects.toThrow(
        '--teacher',
      );
    });

    it('does not resume with another', async () => {
      const out = join(folder, 'other-teacher');
      let asked = 0;
      const config = withShare(0.5);
      await trainRun({ ...run, config, teacher, out, shouldStop: () => asked++ === 8 });
      const other = { ...teacher, name: 'another' };
      await expect(
        trainRun({ ...run, config, teacher: other, out, shouldStop: () => false }),
      ).rejects.toThrow('another teacher');
    });
  });

  it('teaches by members of which none saw the image that it teaches', async () => {
    const { cacheDirectory } = run;
    const fingerprints = await fingerprintDataset(dataset, { cacheDirectory });
    const lesionOf = new Map(dataset.samples.map(({ imageId, lesionId }) => [imageId, lesionId]));
    const shouldStop = () => false;
    const { fineTuning, ...head } = PRESETS.smoke;
    const folders: string[] = [];
    const expected = new Map<string, Float32Array>();
    for (const number of [1, 2]) {
      const out = join(folder, `fold-${number}`);
      const split = foldSplit(dataset, fingerprints, run.split, { number, of: 2 });
      await trainRun({
        ...run,
        config: trainingConfigSchema.parse(head),
        split,
        out,
        isMember: true,
        shouldStop,
      });
      folders.push(out);

      const own = splitSchema.parse(await readJson(out, RUN_FILES.split));
      const trained = new Set(own.train.map((id) => lesionOf.get(id)));
      expect(own.validation.filter((id) => trained.has(lesionOf.get(id)!))).toEqual([]);
      const parameters = await readSafetensors(join(out, RUN_FILES.weights));
      const network = new TrainableNetwork({ architecture: SHRUNKEN, parameters });
      const samples = new Map(dataset.samples.map((sample) => [sample.imageId, sample]));
      const images = await decodeImages(
        own.validation.map((id) => samples.get(id)!),
        { size: INPUT_SIZE, crop: 1 },
        run.resampler,
        { directory: cacheDirectory, key: `left-${number}` },
      );
      const logits = await predictLogits(network, images, shouldStop);
      network.dispose();
      for (const [i, id] of own.validation.entries()) expected.set(id, logits[i]!);
    }
    expect([...expected.keys()].toSorted()).toEqual(run.split.train);

    const teacher = await openFoldTeacher({ folders, split: run.split });
    const indices = run.split.train.map((_, i) => i);
    const batch = { values: new Float32Array(), count: indices.length, size: INPUT_SIZE };
    const taught = await teacher.logits(batch, 1, createRandom(1), { indices, mix: null });
    for (const [i, id] of run.split.train.entries()) {
      const row = taught.subarray(i * LABELS.length, (i + 1) * LABELS.length);
      expect(relativeError(row, expected.get(id)!), id).toBeLessThan(1e-5);
    }

    const config = trainingConfigSchema.parse({
      ...head,
      fineTuning: {
        ...fineTuning,
        stages: [{ epochs: 1, resolution: 64, frozenThrough: 'blocks.2' }],
        mixing: { mixup: 0.4 },
        distillation: { share: 0.5, teacher: 'folds' },
      },
    });
    const out = join(folder, 'student');
    expect(await trainRun({ ...run, config, teacher, out, shouldStop })).toBe('finished');
    const record = runRecordSchema.parse(await readJson(out, RUN_FILES.record));
    expect(record.method).toContain('50 % of the loss from 2 members that did not see the image');
    await expect(openFoldTeacher({ folders: [folders[0]!], split: run.split })).rejects.toThrow(
      'have no member that teaches them',
    );
  });

  it('ends with a clear error when the loss is no number, and keeps the last good checkpoint', async () => {
    const tuning = { ...PRESETS.smoke.fineTuning, learningRate: 1e30, gradientNorm: null };
    const config = trainingConfigSchema.parse({ ...PRESETS.smoke, fineTuning: tuning });
    const out = join(folder, 'diverged');
    const training = trainRun({ ...run, config, out, shouldStop: () => false });
    await expect(training).rejects.toThrow(/at step [12] of .*: lower its learning rate/);
    const kept = await readCheckpoint(out, {
      config,
      dataSha256: dataset.dataSha256,
      initialWeights: 'random',
      validation: run.split.validation,
    });
    expect(kept).toMatchObject({ phase: 'fine-tuning', step: 0 });
    checkParameters(kept!.weights, SHRUNKEN);
  });

  it('gives the same weights for the same seed, and others for another', async () => {
    const weightsOf = async (name: string, seed: number) => {
      const out = join(folder, name);
      const config = { ...run.config, seed, fineTuning: null };
      await trainRun({ ...run, config, out, shouldStop: () => false });
      return readSafetensors(join(out, RUN_FILES.weights));
    };
    const first = await weightsOf('seed-1', 1);
    expect(await weightsOf('seed-1-again', 1)).toEqual(first);
    expect(await weightsOf('seed-2', 2)).not.toEqual(first);
  });

  describe('resampling', () => {
    // Less of one class to train on, so that there is something to oversample.
    const unbalanced = () => ({
      ...run.split,
      train: run.split.train.filter((id) => id !== run.split.train[0]),
    });
    const trainingImages = (size: number) => {
      const samples = new Map(dataset.samples.map((sample) => [sample.imageId, sample]));
      const sources = unbalanced().train.map((id) => samples.get(id)!);
      const cache = { directory: join(folder, 'cache'), key: 'expected' };
      return decodeImages(sources, { size, crop: 1 }, run.resampler, cache);
    };
    const lesions = (ids: readonly string[]) =>
      new Set(
        dataset.samples
          .filter(({ imageId }) => ids.includes(imageId))
          .map(({ lesionId }) => lesionId),
      );

    beforeEach(() => vi.clearAllMocks());

    it('has no lesion of the validation side to copy', () => {
      const { train, validation } = unbalanced();
      for (const lesion of lesions(validation)) expect(lesions(train)).not.toContain(lesion);
    });

    it('interpolates the features of training images alone', async () => {
      const config = trainingConfigSchema.parse({
        ...PRESETS.smoke,
        head: { ...PRESETS.smoke.head, sampler: 'smote', smoteNeighbours: 2 },
        fineTuning: null,
      });
      const out = join(folder, 'smote');
      await trainRun({ ...run, split: unbalanced(), config, out, shouldStop: () => false });
      const network = new TrainableNetwork({
        architecture: SHRUNKEN,
        parameters: await readSafetensors(join(out, RUN_FILES.weights)),
      });
      const expected = await pooledFeatures(network, await trainingImages(INPUT_SIZE));
      network.dispose();
      expect(vi.mocked(smote)).toHaveBeenCalledOnce();
      const [given] = vi.mocked(smote).mock.calls[0]!;
      expect(given).toEqual(expected);
      const made = vi.mocked(smote).mock.results[0]!.value as Features;
      expect(made.rows.length).toBe(given.rows.length + 1);
      // Scores follow the training prior: SMOTE leaves logits of a uniform one.
      const record = runRecordSchema.parse(await readJson(out, RUN_FILES.record));
      expect(record.prior[LABELS[0]]).toBeCloseTo(3 / 27, 12);
      expect(record.calibration.logitBias[0]).toBeCloseTo(Math.log((7 * 3) / 27), 9);
    });

    it('shows and copies training images alone', async () => {
      const config = trainingConfigSchema.parse({
        ...PRESETS.smoke,
        fineTuning: { ...PRESETS.smoke.fineTuning, sampler: 'oversampling' },
      });
      const out = join(folder, 'oversampled');
      await trainRun({ ...run, split: unbalanced(), config, out, shouldStop: () => false });
      const expected = await trainingImages(config.cacheSize);
      const [, { images }] = vi.mocked(AugmentedBatches).mock.calls[0]!;
      expect(Buffer.from(images).equals(Buffer.from(expected.pixels))).toBe(true);
      const requests = vi.mocked(AugmentedBatches.prototype.request).mock.calls;
      const shown = requests.flatMap(([{ indices }]) => indices);
      // Two epochs of seven classes brought to four images.
      expect(shown).toHaveLength(2 * 7 * 4);
      expect(Math.max(...shown)).toBeLessThan(27);
    });
  });
});
