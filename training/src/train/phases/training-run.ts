import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Resampler } from '@naevus/shared/image/resampler';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { byLabel } from '@naevus/shared/taxonomy/taxonomy';
import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import { loadSplit } from '../../data/cache/load-split.ts';
import { digest } from '../../data/json-digest.ts';
import type { Dataset } from '../../data/load/dataset.ts';
import { RunStopped, type ShouldStop } from '../../data/run-stopped.ts';
import type { Split } from '../../data/split/split-schema.ts';
import { writeJson } from '../../files/json-file.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { Architecture } from '../../network/architecture.ts';
import { checkParameters, type Parameters, parameterSpecs } from '../../network/parameters.ts';
import { serializeSafetensors } from '../../network/safetensors.ts';
import { TrainableNetwork } from '../../network/trainable-network.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../run/checkpoint.ts';
import {
  assumedPrior,
  classShares,
  countLabels,
  countStrata,
  pooledCounts,
  priorLogitBias,
} from '../../run/class-prior.ts';
import { classWeightReport } from '../../run/class-weights.ts';
import { describeMethod } from '../../run/config/method-description.ts';
import type { PhaseLoss, TrainingConfig } from '../../run/config/training-config.ts';
import type { RunIdentity } from '../../run/run-identity.ts';
import { RUN_FILES, type RunRecord } from '../../run/run-record.ts';
import { classCount, taxonomy } from '../../taxonomy/current.ts';
import type { Teacher } from '../distillation/teacher.ts';
import { fineTune } from './fine-tuning.ts';
import { frozenBackbonePhases } from './frozen-backbone-phases.ts';
import { writeOutOfFold } from './out-of-fold.ts';
import { openTrainingEvents } from './training-events.ts';
import {
  describeBySource,
  describeSummary,
  predictLogits,
  summarizeValidation,
} from './validation.ts';

/** Of a run's folder: TensorBoard's event files. */
const EVENTS_FOLDER = 'events';

export interface TrainingRun {
  readonly architecture: Architecture;
  readonly dataset: Dataset;
  readonly split: Split;
  readonly initialWeights: { readonly parameters: Parameters; readonly description: string };
  readonly config: TrainingConfig;
  readonly resampler: Resampler;
  /** The run's folder; what a finished run needs is written here. */
  readonly out: string;
  readonly cacheDirectory: string;
  readonly augmentationWorker: URL;
  /** Goes with a configuration that has distillation. */
  readonly teacher?: Teacher;
  /** A member of a cross-fitted run: what it makes of the images that its split validates on is kept. */
  readonly isMember?: boolean;
  readonly codeCommit: string;
  readonly datasetName: string;
  /** Where the images and the CSVs are, for the export. */
  readonly dataFolders?: RunRecord['dataFolders'];
  /** Asked between two pieces of work; true writes a checkpoint and ends the run. */
  readonly shouldStop: ShouldStop;
}

/**
 * Trains from pretrained weights: statistics, head, and fine-tuning where it is configured; writes the
 * run's files. Goes on from the folder's checkpoint where there is one.
 *
 * @returns 'stopped' when it was asked to stop and left a checkpoint to resume from.
 */
export async function trainRun(run: TrainingRun): Promise<'finished' | 'stopped'> {
  try {
    await trainToTheEnd(run);
    return 'finished';
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error;
    console.log(`${error.message}; go on with --resume`);
    return 'stopped';
  }
}

async function trainToTheEnd(run: TrainingRun): Promise<void> {
  const { architecture, config, split, out, shouldStop } = run;
  requireTeacherIfConfigured(run);
  const identity: RunIdentity = {
    config,
    dataSha256: run.dataset.dataSha256,
    initialWeights: run.initialWeights.description,
    validation: split.validation,
    ...(run.teacher && { teacher: run.teacher.name }),
    ...(taxonomy().name !== HAM10000.name && { taxonomy: taxonomy() }),
  };
  await mkdir(out, { recursive: true });
  const checkpoint = await readCheckpoint(out, identity);
  const save = (state: Checkpoint) => writeCheckpoint(out, identity, state);
  if (!checkpoint) {
    await writeJson(join(out, RUN_FILES.split), split);
    await writeJson(join(out, RUN_FILES.config), config);
  }

  const images = loadSplit(run, shouldStop);
  const served = {
    training: await images.decode('train', INPUT_SIZE),
    validation: await images.decode('validation', INPUT_SIZE, config.crop),
  };
  const counts = countStrata(served.training.strata, classCount(), served.training.sources.length);
  const lastPhase = config.fineTuning ?? config.head;
  await writeJson(
    join(out, RUN_FILES.classWeights),
    classWeightReport(pooledCounts(counts), lastPhase),
  );

  const report = (when: string, parameters: Parameters, phase: PhaseLoss) =>
    reportValidation(run, { when, parameters, phase, counts, validation: served.validation });
  const events = openTrainingEvents(join(out, EVENTS_FOLDER));
  const headPhase = async () => {
    const trained = await frozenBackbonePhases({ run, checkpoint, save, ...served });
    for (const record of trained.history) events.epoch(record, record.epoch);
    await report('after the head', trained.parameters, config.head);
    return trained;
  };
  const { fineTuning } = config;
  const { parameters, history } = fineTuning
    ? await fineTune({
        architecture,
        begin: headPhase,
        resumed: checkpoint?.phase === 'fine-tuning' ? checkpoint : null,
        save,
        config: fineTuning,
        seed: config.seed,
        training: await images.decode('train', config.cacheSize),
        validation: served.validation,
        augmentationWorker: run.augmentationWorker,
        ...(run.teacher && { teacher: run.teacher }),
        events,
        shouldStop,
      })
    : await headPhase();
  // Batch-norm statistics stay as they were averaged along with the weights: re-estimated on images without
  // augmentation they cost 3 points of balanced accuracy, because the frozen blocks never ran on batch statistics.

  checkParameters(parameters, architecture);
  if (fineTuning) await report('the final weights', parameters, fineTuning);
  const shapes = new Map(parameterSpecs(architecture).map(({ name, shape }) => [name, shape]));
  await replaceFile(join(out, RUN_FILES.weights), serializeSafetensors(parameters, shapes));
  await writeJson(join(out, RUN_FILES.history), history);
  if (run.isMember) {
    const images = served.validation;
    await writeOutOfFold({
      architecture,
      parameters,
      ids: split.validation,
      images,
      out,
      shouldStop,
    });
  }
  const validationCounts = countLabels(served.validation.labels, classCount());
  await writeJson(join(out, RUN_FILES.record), runRecord(run, counts, validationCounts));
}

function requireTeacherIfConfigured({ config, teacher }: TrainingRun): void {
  const distillation = config.fineTuning?.distillation;
  if (teacher && !distillation) {
    throw new Error('there is a teacher, but the configuration has no fineTuning.distillation');
  }
  if (distillation && !teacher) {
    throw new Error(
      'the configuration has fineTuning.distillation, but there is no teacher: name a version with --teacher, or the members of a cross-fitted run with --teacher-fold',
    );
  }
}

/** Prints the headline figures of some weights on the validation images. */
async function reportValidation(
  { architecture, shouldStop }: TrainingRun,
  {
    when,
    parameters,
    phase,
    counts,
    validation,
  }: {
    readonly when: string;
    readonly parameters: Parameters;
    readonly phase: PhaseLoss;
    readonly counts: readonly (readonly number[])[];
    readonly validation: LabelledImages;
  },
): Promise<void> {
  const network = new TrainableNetwork({ architecture, parameters });
  const logits = await predictLogits(network, validation, shouldStop);
  network.dispose();
  const summary = summarizeValidation(validation.strata, logits, counts, phase);
  console.log(`${when}: ${describeSummary(summary)}`);
  for (const line of describeBySource(validation, logits, counts, phase)) console.log(line);
}

/**
 * The facts of a finished run; counts are in the order of the labels, those of the training images one row a source,
 * the home source first: the scores follow its class distribution.
 */
function runRecord(
  run: TrainingRun,
  trainCounts: readonly (readonly number[])[],
  validationCounts: readonly number[],
): RunRecord {
  const { config } = run;
  const { sampler, loss } = config.fineTuning ?? config.head;
  const home = trainCounts[0]!;
  const trainingPrior = classShares(home);
  return {
    schemaVersion: 1,
    finishedAt: new Date().toISOString(),
    architecture: run.architecture.name,
    method: describeMethod(config, run.teacher?.name),
    seed: config.seed,
    dataset: run.datasetName,
    ...(run.dataFolders && { dataFolders: run.dataFolders }),
    dataSha256: run.dataset.dataSha256,
    configSha256: digest(config),
    codeCommit: run.codeCommit,
    initialWeights: run.initialWeights.description,
    counts: {
      train: byLabel(taxonomy(), pooledCounts(trainCounts)),
      validation: byLabel(taxonomy(), validationCounts),
    },
    crop: config.crop,
    taxonomy: taxonomy(),
    prior: byLabel(taxonomy(), trainingPrior),
    calibration: {
      method: 'none',
      temperature: 1,
      logitBias: priorLogitBias(assumedPrior(home, sampler, loss), trainingPrior),
    },
  };
}
