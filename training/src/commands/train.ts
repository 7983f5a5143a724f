import { execFileSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { createResampler } from '@naevus/shared/image/resampler';
import { z } from 'zod';
import { loadSplit } from '../data/cache/load-split.ts';
import { imagePreparation } from '../data/decode/prepare-image.ts';
import {
  DATA_FLAGS,
  DATA_FLAGS_HELP,
  dataFolders,
  loadFolders,
  wholePaths,
} from '../data/load/data-flags.ts';
import type { Dataset } from '../data/load/dataset.ts';
import { fingerprintDataset } from '../data/split/fingerprint.ts';
import { describeSplit, splitDataset } from '../data/split/split.ts';
import { type Split, splitSchema } from '../data/split/split-schema.ts';
import { selectImages } from '../evaluate/classifiers/image-selection.ts';
import { EFFICIENTNET_B0 } from '../network/architecture.ts';
import { writeRunReports } from '../release/write-run-reports.ts';
import { PRESETS, type PresetName } from '../run/config/presets.ts';
import { type TrainingConfig, trainingConfigSchema } from '../run/config/training-config.ts';
import { RUN_FILES } from '../run/run-record.ts';
import { openTeachers } from '../train/distillation/version-teacher.ts';
import { continueVersions } from '../train/initial-weights/continued.ts';
import { loadPretrained } from '../train/initial-weights/pretrained.ts';
import { statisticsBatches } from '../train/phases/batch-norm-statistics.ts';
import { trainRun } from '../train/phases/training-run.ts';

/** Exit status of a run that a signal or its time stopped and --resume continues. */
const STOPPED = 75;

/** Training images on which a continued version's batch-norm statistics are measured. */
const CONTINUED_STATISTICS_IMAGES = 768;

const HELP = `Trains the classifier and writes a run.

npm run train -- --data DIR --weights FILE --out RUN [--preset NAME | --config FILE] [--continue VERSION_DIR] [--resume]

${DATA_FLAGS_HELP}
--weights FILE   EfficientNet-B0 backbone, safetensors in timm's names; left out: the public file is fetched
--continue DIR   starts from an exported version's backbone (model-artifacts/X.Y.Z), given more than once from
                 their mean; goes with preset refine and the version's own --split
--teacher DIR    an exported version to learn from too, given more than once shares the views out; goes with a
                 configuration that has fineTuning.distillation and the version's own --split
--out RUN        folder for checkpoints, reports and TensorBoard's event files (RUN/events)
--preset NAME    one of ${Object.keys(PRESETS).join(', ')} (default: best)
--config FILE    JSON with the same fields as a preset; unknown ones are errors
--split FILE     a split.json to keep to, so that runs compare; left out: one is made from the seed
--keep-split FILE  a split.json of a part of the images, such as those of one source in an earlier version: its
                 validation images stay there, so that versions compare, and the others are split from the seed
--seed N         other random choices, the split included
--resume         goes on from RUN's last checkpoint
--max-minutes N  stops with a checkpoint after so long (exit status ${STOPPED}), as Ctrl-C does
--cache DIR      where decoded images are kept (default: training/.cache)
--help           this text
`;

/** Exit status of a process that a second signal ended, by the shell's convention: 128 and the signal's number. */
const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      ...DATA_FLAGS,
      weights: { type: 'string' },
      continue: { type: 'string', multiple: true, default: [] },
      teacher: { type: 'string', multiple: true, default: [] },
      out: { type: 'string' },
      preset: { type: 'string' },
      config: { type: 'string' },
      seed: { type: 'string' },
      split: { type: 'string' },
      'keep-split': { type: 'string' },
      resume: { type: 'boolean', default: false },
      'max-minutes': { type: 'string' },
      cache: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
    strict: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.data.length === 0 || !values.out) {
    throw new Error(`--data and --out are needed\n\n${HELP}`);
  }
  const folders = dataFolders(values);
  const config = await readConfig(values);
  const deadline = readDeadline(values['max-minutes']);
  await checkOut(values.out, values.resume);
  const cacheDirectory = resolve(
    values.cache ?? fileURLToPath(new URL('../.cache', import.meta.url)),
  );

  let stopRequested = false;
  let phase: 'before' | 'training' | 'reporting' = 'before';
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopRequested) process.exit(SIGNAL_STATUS[signal]);
      stopRequested = true;
      if (phase === 'reporting') {
        console.log(`${signal}: the run is finished, its reports are not; export makes them too`);
        process.exit(SIGNAL_STATUS[signal]);
      }
      if (phase === 'before') {
        console.log(`${signal}: stopped before training began, there is nothing to resume`);
        process.exit(STOPPED);
      }
      console.log(`${signal}: stopping with a checkpoint; once more ends at once, without one`);
    });
  }

  const dataset = await loadFolders(folders);
  const split = values.split
    ? await readSplit(values.split, dataset)
    : splitDataset(dataset, await fingerprintDataset(dataset, { cacheDirectory }), {
        ...config,
        ...(values['keep-split'] && { base: await readBaseSplit(values['keep-split'], dataset) }),
      });
  console.log(describeSplit(split));
  const pretrained = await loadPretrained(values.weights);
  const resampler = createResampler(
    new WebAssembly.Module(await readFile(new URL('kernels.wasm', import.meta.url))),
  );
  const initialWeights =
    values.continue.length > 0
      ? await continueVersions({
          folders: values.continue,
          pretrained,
          split,
          images: statisticsBatches(
            await loadSplit({ dataset, split, resampler, cacheDirectory }).decode(
              'train',
              INPUT_SIZE,
            ),
            CONTINUED_STATISTICS_IMAGES,
            config.seed,
          ),
        })
      : pretrained;
  const teacher =
    values.teacher.length > 0 ? await openTeachers({ folders: values.teacher, split }) : undefined;
  phase = 'training';
  const outcome = await trainRun({
    architecture: EFFICIENTNET_B0,
    dataset,
    split,
    initialWeights,
    config,
    resampler,
    out: values.out,
    cacheDirectory,
    augmentationWorker: new URL('augmentation-worker.js', import.meta.url),
    ...(teacher && { teacher }),
    codeCommit: codeCommit(),
    datasetName:
      dataset.sources.map(({ title }) => title).join(', ') ||
      basename(resolve(folders[0].directory)),
    dataFolders: wholePaths(folders),
    shouldStop: () => stopRequested || performance.now() >= deadline,
  });
  await teacher?.close();
  if (outcome === 'stopped') return STOPPED;
  phase = 'reporting';
  try {
    const page = await writeRunReports({
      folder: values.out,
      dataset,
      prepare: imagePreparation(resampler, config.crop),
      log: console.log,
    });
    console.log(`wrote ${page}`);
    return 0;
  } catch (error) {
    // The network is trained, and export makes the reports anew.
    throw new Error(
      `${values.out} is a finished run, but its reports cannot be written: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** In the milliseconds since the process began. */
function readDeadline(minutes: string | undefined): number {
  if (minutes === undefined) return Number.POSITIVE_INFINITY;
  const value = Number(minutes);
  if (!(value > 0)) throw new Error(`--max-minutes ${minutes} is not a number above 0`);
  return value * 60_000;
}

async function readConfig(values: {
  preset?: string;
  config?: string;
  seed?: string;
}): Promise<TrainingConfig> {
  if (values.preset && values.config) throw new Error('give --preset or --config, not both');
  const preset = values.preset ?? 'best';
  if (!values.config && !(preset in PRESETS)) {
    throw new Error(`--preset ${preset} is none of ${Object.keys(PRESETS).join(', ')}`);
  }
  const source = values.config ?? `preset ${preset}`;
  const given: unknown = values.config
    ? JSON.parse(await readFile(values.config, 'utf8'))
    : PRESETS[preset as PresetName];
  const parsed = trainingConfigSchema.safeParse(given);
  if (!parsed.success) throw new Error(`${source}: ${z.prettifyError(parsed.error)}`);
  if (values.seed === undefined) return parsed.data;
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is not a whole number`);
  return { ...parsed.data, seed };
}

/** @throws Error when the split is of other data: an image it does not know would be on no side. */
async function readSplit(file: string, { dataSha256 }: Dataset): Promise<Split> {
  const parsed = splitSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`--split ${file}: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.data_sha256 !== dataSha256) {
    throw new Error(
      `--split ${file} was made of other data (${parsed.data.data_sha256}) than --data`,
    );
  }
  return parsed.data;
}

/** @throws Error when the split names an image that the data lack. */
async function readBaseSplit(file: string, { samples }: Dataset): Promise<Split> {
  const parsed = splitSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`--keep-split ${file}: ${z.prettifyError(parsed.error)}`);
  const { train, validation } = parsed.data;
  selectImages(samples, [...train, ...validation], `--keep-split ${file}`);
  return parsed.data;
}

async function checkOut(out: string, resume: boolean): Promise<void> {
  const exists = async (name: string) => (await stat(join(out, name)).catch(() => null)) !== null;
  if (await exists(RUN_FILES.record))
    throw new Error(`${out} holds a finished run: choose another --out`);
  const begun = (await exists('checkpoint')) || (await exists('checkpoint.previous'));
  if (begun && !resume)
    throw new Error(`${out} holds a checkpoint: add --resume, or choose another --out`);
  if (!begun && resume) console.log(`${out} holds no checkpoint yet: beginning anew`);
}

function codeCommit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    return git('status', '--porcelain') === ''
      ? git('rev-parse', 'HEAD')
      : `${git('rev-parse', 'HEAD')}-dirty`;
  } catch {
    return 'unknown';
  }
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      console.error('Make room and go on with --resume: the last checkpoint is whole.');
    }
    process.exit(1);
  },
);
