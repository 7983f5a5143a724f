import { basename, resolve } from 'node:path';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { createResampler, type Resampler } from '@naevus/shared/image/resampler';
import { loadSplit } from '../data/cache/load-split.ts';
import { imagePreparation, type PrepareImage } from '../data/decode/prepare-image.ts';
import {
  DATA_FLAGS,
  DATA_FLAGS_HELP,
  dataFolders,
  loadFolders,
  wholePaths,
} from '../data/load/data-flags.ts';
import type { Dataset } from '../data/load/dataset.ts';
import { fewImagesWarnings } from '../data/split/few-images.ts';
import { fingerprintDataset } from '../data/split/fingerprint.ts';
import { foldSplit, readFold } from '../data/split/fold-split.ts';
import { readSplit } from '../data/split/read-split.ts';
import { requireEveryClass } from '../data/split/require-every-class.ts';
import { describeSplit, splitDataset } from '../data/split/split.ts';
import type { Split } from '../data/split/split-schema.ts';
import { selectImages } from '../evaluate/classifiers/image-selection.ts';
import { efficientNetB0 } from '../network/architecture.ts';
import { writeRunReports } from '../release/write-run-reports.ts';
import { PRESETS } from '../run/config/presets.ts';
import type { TrainingConfig } from '../run/config/training-config.ts';
import { openFoldTeacher } from '../train/distillation/fold-teacher.ts';
import type { Teacher } from '../train/distillation/teacher.ts';
import { openTeachers } from '../train/distillation/version-teacher.ts';
import { continueNetworks } from '../train/initial-weights/continued.ts';
import type { InitialWeights } from '../train/initial-weights/pretrained.ts';
import { statisticsBatches } from '../train/phases/batch-norm-statistics.ts';
import { trainRun } from '../train/phases/training-run.ts';
import { AUGMENTATION_WORKER, cacheFolder, loadKernels } from './frame/places.ts';
import { readShares } from './frame/read-shares.ts';
import { runCommand } from './frame/run-command.ts';
import { listenForStop, SIGNAL_STATUS, STOPPED } from './frame/stop-signals.ts';
import { checkOut } from './train/check-out.ts';
import { checkPrerequisites } from './train/check-prerequisites.ts';
import { codeCommit } from './train/code-commit.ts';
import { readConfig } from './train/read-config.ts';
import { readNetwork, readStartingRun } from './train/read-start.ts';
import { TAXONOMY_HELP, useTaxonomyFile } from './train/read-taxonomy-file.ts';

/** Training images on which a continued version's batch-norm statistics are measured. */
const CONTINUED_STATISTICS_IMAGES = 768;

const HELP = `Trains the classifier and writes a run.

npm run train -- --data DIR --weights FILE --out RUN [--preset NAME | --config FILE] [--continue VERSION_DIR] [--resume]

${DATA_FLAGS_HELP}
${TAXONOMY_HELP}
--weights FILE   EfficientNet-B0 backbone, safetensors in timm's names (default: the public file, downloaded once)
--continue DIR   start from the backbone of an exported version (model-artifacts/X.Y.Z) or a finished run; repeated:
                 from the mean of several. Use it with preset refine and the version's own --split
--continue-shares A,B,...  how much each --continue counts, in their order; they sum to 1 (default: equally)
--teacher DIR    an exported version as a teacher; repeated: the views are divided among several. Needs a
                 configuration with fineTuning.distillation and the version's own --split
--teacher-fold DIR  a member of a cross-fitted run as a teacher, one for each fold (runs of --fold): each image is taught
                 by the member that has not seen it. Needs fineTuning.distillation with teacher folds
--fold N/K       be the N-th of K members of a cross-fitted run: train on the split's training images but for a K-th of
                 their lesions, validate on those, and keep what the network makes of them
--out RUN        folder for checkpoints, reports and TensorBoard's event files (RUN/events)
--preset NAME    one of ${Object.keys(PRESETS).join(', ')} (default: best)
--config FILE    JSON with the same fields as a preset; unknown fields are errors
--split FILE     use this split.json, so that runs can be compared (default: a split made from the seed)
--keep-split FILE  a split.json of a part of the images, such as those of one source in an earlier version: its
                 validation images stay there, so that versions compare, and the others are split from the seed
--seed N         seed of all random choices, the split included
--resume         continue from the last checkpoint in RUN
--max-minutes N  stop with a checkpoint after N minutes (exit status ${STOPPED}), as Ctrl-C does
--cache DIR      folder for decoded images (default: training/.cache)
--help           show this text
`;

await runCommand({
  help: HELP,
  options: {
    ...DATA_FLAGS,
    taxonomy: { type: 'string' },
    weights: { type: 'string' },
    continue: { type: 'string', multiple: true, default: [] },
    'continue-shares': { type: 'string' },
    teacher: { type: 'string', multiple: true, default: [] },
    'teacher-fold': { type: 'string', multiple: true, default: [] },
    fold: { type: 'string' },
    out: { type: 'string' },
    preset: { type: 'string' },
    config: { type: 'string' },
    seed: { type: 'string' },
    split: { type: 'string' },
    'keep-split': { type: 'string' },
    resume: { type: 'boolean', default: false },
    'max-minutes': { type: 'string' },
    cache: { type: 'string' },
  },
  required: ['data', 'out'],
  endsProcess: true,
  async run(values) {
    const { out = '' } = values;
    const folders = dataFolders(values);
    await useTaxonomyFile(values.taxonomy);
    const config = await readConfig(values);
    const deadline = readDeadline(values['max-minutes']);
    const fold = values.fold === undefined ? undefined : readFold(values.fold);
    const shares =
      values['continue-shares'] === undefined
        ? undefined
        : readShares(
            'continue-shares',
            values['continue-shares'],
            values.continue.length,
            'for each --continue',
          );
    const { weights, config: configFile, split: splitFile, 'keep-split': keepSplit } = values;
    const files = [
      values.taxonomy,
      weights,
      configFile,
      splitFile,
      keepSplit,
      ...values.metadata,
      ...values.source,
    ];
    await checkOut(
      out,
      values.resume,
      files.filter((file) => file !== undefined),
    );
    const cacheDirectory = cacheFolder(values.cache);
    const progress = listenToSignals();

    const pretrained = await checkPrerequisites({
      weights,
      splits: [splitFile, keepSplit].filter((file) => file !== undefined),
      versions: [...values.continue, ...values.teacher, ...values['teacher-fold']],
    });

    const dataset = await loadFolders(folders, console.warn);
    const fingerprints = () => fingerprintDataset(dataset, { cacheDirectory });
    const whole = values.split
      ? await readSplit(values.split, dataset.dataSha256)
      : splitDataset(dataset, await fingerprints(), {
          ...config,
          ...(values['keep-split'] && {
            base: await readBaseSplit(values['keep-split'], dataset),
          }),
        });
    const split = fold ? foldSplit(dataset, await fingerprints(), whole, fold) : whole;
    console.log(describeSplit(split));
    requireEveryClass(split, smoteNeighbours(config), console.warn);
    for (const line of fewImagesWarnings(split)) console.warn(line);
    const resampler = createResampler(await loadKernels());
    const initialWeights = await readInitialWeights({
      pretrained,
      continued: values.continue,
      shares,
      source: { dataset, split, resampler, cacheDirectory },
      seed: config.seed,
    });
    const teacher = await openTeacher(values.teacher, values['teacher-fold'], config, split);

    progress.phase = 'training';
    const outcome = await trainRun({
      architecture: efficientNetB0(),
      dataset,
      split,
      initialWeights,
      config,
      resampler,
      out,
      cacheDirectory,
      augmentationWorker: AUGMENTATION_WORKER,
      ...(teacher && { teacher }),
      isMember: fold !== undefined,
      codeCommit: codeCommit(),
      datasetName:
        dataset.sources.map(({ title }) => title).join(', ') ||
        basename(resolve(folders[0].directory)),
      dataFolders: wholePaths(folders),
      shouldStop: () => progress.stopRequested() || performance.now() >= deadline,
    }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
        throw new Error(
          `${(error as Error).message}\nMake room and go on with --resume: the last checkpoint is complete.`,
          { cause: error },
        );
      }
      throw error;
    });
    await teacher?.close();
    if (outcome === 'stopped') return STOPPED;

    progress.phase = 'reporting';
    await writeReports(out, dataset, imagePreparation(resampler, config.crop));
    return 0;
  },
});

/** @throws Error when the teachers are not of the kind that the configuration names */
async function openTeacher(
  versions: readonly string[],
  members: readonly string[],
  { fineTuning }: TrainingConfig,
  split: Split,
): Promise<Teacher | undefined> {
  if (versions.length === 0 && members.length === 0) return undefined;
  if (versions.length > 0 && members.length > 0) {
    throw new Error('give --teacher or --teacher-fold, not both');
  }
  const kind = members.length > 0 ? 'folds' : 'versions';
  if (fineTuning?.distillation && fineTuning.distillation.teacher !== kind) {
    throw new Error(
      `the configuration has fineTuning.distillation.teacher ${fineTuning.distillation.teacher}: give ${kind === 'folds' ? '--teacher' : '--teacher-fold'}`,
    );
  }
  return kind === 'folds'
    ? openFoldTeacher({ folders: members, split })
    : openTeachers({ folders: versions, split });
}

/** @throws Error when the split names an image that the data lack. */
async function readBaseSplit(file: string, { samples }: Dataset): Promise<Split> {
  const split = await readSplit(file);
  selectImages(samples, [...split.train, ...split.validation], `--keep-split ${file}`);
  return split;
}

/** What a signal means depends on how far the command has come. */
function listenToSignals() {
  const progress = {
    phase: 'before' as 'before' | 'training' | 'reporting',
    stopRequested: listenForStop((signal) => {
      if (progress.phase === 'reporting') {
        console.log(`${signal}: the run is finished, its reports are not; export makes them too`);
        process.exit(SIGNAL_STATUS[signal]);
      }
      if (progress.phase === 'before') {
        console.log(`${signal}: stopped before training began, there is nothing to resume`);
        process.exit(STOPPED);
      }
      console.log(
        `${signal}: stopping with a checkpoint; a second signal ends at once, without one`,
      );
    }),
  };
  return progress;
}

/** The time limit of `--max-minutes`, in milliseconds since the process began. */
function readDeadline(minutes: string | undefined): number {
  if (minutes === undefined) return Number.POSITIVE_INFINITY;
  const value = Number(minutes);
  if (!(value > 0)) throw new Error(`--max-minutes ${minutes} is not a number above 0`);
  return value * 60_000;
}

/** How many neighbours SMOTE takes; undefined where it is not used. */
function smoteNeighbours({ head }: TrainingConfig): number | undefined {
  return head.sampler === 'smote' ? head.smoteNeighbours : undefined;
}

async function readInitialWeights({
  pretrained,
  continued,
  shares,
  source,
  seed,
}: {
  readonly pretrained: InitialWeights;
  readonly continued: readonly string[];
  readonly shares: readonly number[] | undefined;
  readonly source: {
    readonly dataset: Dataset;
    readonly split: Split;
    readonly resampler: Resampler;
    readonly cacheDirectory: string;
  };
  readonly seed: number;
}): Promise<InitialWeights> {
  if (continued.length === 0) return pretrained;
  const run = await readStartingRun(continued, source.split);
  if (run) return run;
  const images = await loadSplit(source).decode('train', INPUT_SIZE);
  return continueNetworks({
    networks: await Promise.all(continued.map(readNetwork)),
    shares,
    pretrained,
    split: source.split,
    images: statisticsBatches(images, CONTINUED_STATISTICS_IMAGES, seed),
  });
}

async function writeReports(out: string, dataset: Dataset, prepare: PrepareImage): Promise<void> {
  try {
    const page = await writeRunReports({
      folder: out,
      dataset,
      prepare,
      log: console.log,
    });
    console.log(`wrote ${page}`);
  } catch (error) {
    // The network is trained, and export writes the reports again.
    throw new Error(
      `${out} is a finished run, but its reports cannot be written: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
