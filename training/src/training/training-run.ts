import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Split } from '@naevus/shared/artifact/split';
import { INPUT_SIZE } from '@naevus/shared/preprocessing/preprocessing-spec';
import type { Resampler } from '@naevus/shared/preprocessing/resampler';
import { LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy';
import type { Dataset, Sample } from '../data/dataset.ts';
import type { Architecture } from '../network/architecture.ts';
import { checkParameters, type Parameters, parameterSpecs } from '../network/parameters.ts';
import { TrainableNetwork } from '../network/trainable-network.ts';
import { RUN_FILES, type RunRecord } from '../run/run-record.ts';
import { serializeSafetensors } from '../weights/safetensors.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { PhaseLoss } from './class-loss.ts';
import {
  assumedPrior,
  classShares,
  countLabels,
  lossLogitOffsets,
  lossWeights,
  priorLogitBias,
} from './class-prior.ts';
import { fineTune } from './fine-tuning.ts';
import { frozenBackbonePhases } from './frozen-backbone-phases.ts';
import { decodeImages } from './labelled-images.ts';
import { describeMethod } from './method-description.ts';
import { digest, type RunIdentity } from './run-identity.ts';
import { RunStopped, type ShouldStop } from './run-stopped.ts';
import type { TrainingConfig } from './training-config.ts';
import { describeSummary, predictLogits, summarizeValidation } from './validation.ts';

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
  readonly codeCommit: string;
  readonly datasetName: string;
  /** Where the images and the CSV lie, for the export. */
  readonly dataSource?: RunRecord['dataSource'];
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
  const identity: RunIdentity = {
    config,
    dataSha256: run.dataset.dataSha256,
    initialWeights: run.initialWeights.description,
    validation: split.validation,
  };
  await mkdir(out, { recursive: true });
  const checkpoint = await readCheckpoint(out, identity);
  const save = (state: Checkpoint) => writeCheckpoint(out, identity, state);
  if (!checkpoint) {
    await writeJson(join(out, RUN_FILES.split), split);
    await writeJson(join(out, RUN_FILES.config), config);
  }

  const sampleOf = new Map(run.dataset.samples.map((sample) => [sample.imageId, sample]));
  const pick = (ids: readonly string[]) =>
    ids.map((id) => {
      const sample = sampleOf.get(id);
      if (!sample) throw new Error(`the split names ${id}, which the data lack`);
      return sample;
    });
  const decode = (samples: readonly Sample[], side: string, size: number) =>
    decodeImages(
      samples,
      size,
      run.resampler,
      {
        directory: run.cacheDirectory,
        key: `${side}-${digest({ data: run.dataset.dataSha256, ids: samples.map((s) => s.imageId) }).slice(0, 16)}`,
      },
      shouldStop,
    );
  const trainSamples = pick(split.train);
  const served = {
    training: await decode(trainSamples, 'train', INPUT_SIZE),
    validation: await decode(pick(split.validation), 'validation', INPUT_SIZE),
  };
  const counts = countLabels(served.training.labels, LABELS.length);
  const trainingPrior = classShares(counts);
  await writeClassWeights(join(out, RUN_FILES.classWeights), counts, config);

  const headPhase = async () => {
    const trained = await frozenBackbonePhases({ run, checkpoint, save, ...served });
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
        training: await decode(trainSamples, 'train', config.cacheSize),
        validation: served.validation,
        augmentationWorker: run.augmentationWorker,
        shouldStop,
      })
    : await headPhase();
  // Statistics stay as they were averaged along with the weights: estimated anew on unvaried images they
  // took 3 points of balanced accuracy off, the frozen blocks never having run on batch statistics.
  const lastPhase = fineTuning ?? config.head;

  checkParameters(parameters, architecture);
  if (fineTuning) await report('the final weights', parameters, fineTuning);
  const shapes = new Map(parameterSpecs(architecture).map(({ name, shape }) => [name, shape]));
  await writeFile(join(out, RUN_FILES.weights), serializeSafetensors(parameters, shapes));
  await writeJson(join(out, RUN_FILES.history), history);
  const validationCounts = countLabels(served.validation.labels, LABELS.length);
  await writeJson(join(out, RUN_FILES.record), {
    schemaVersion: 1,
    finishedAt: new Date().toISOString(),
    architecture: architecture.name,
    method: describeMethod(config),
    seed: config.seed,
    dataset: run.datasetName,
    ...(run.dataSource && { dataSource: run.dataSource }),
    dataSha256: run.dataset.dataSha256,
    configSha256: digest(config),
    codeCommit: run.codeCommit,
    initialWeights: run.initialWeights.description,
    counts: { train: byLabel(counts), validation: byLabel(validationCounts) },
    prior: byLabel(trainingPrior),
    calibration: {
      method: 'none',
      temperature: 1,
      logitBias: priorLogitBias(
        assumedPrior(counts, lastPhase.sampler, lastPhase.loss),
        trainingPrior,
      ),
    },
  } satisfies RunRecord);

  async function report(when: string, weights: Parameters, phase: PhaseLoss): Promise<void> {
    const scored = new TrainableNetwork({ architecture, parameters: weights });
    const logits = await predictLogits(scored, served.validation, shouldStop);
    scored.dispose();
    const summary = summarizeValidation(served.validation.labels, logits, counts, phase);
    console.log(`${when}: ${describeSummary(summary)}`);
  }
}

async function writeClassWeights(
  file: string,
  counts: readonly number[],
  config: TrainingConfig,
): Promise<void> {
  const phase = config.fineTuning ?? config.head;
  const balanced = lossWeights(counts, { classWeightPower: 1, focalAlpha: 1 });
  const power = lossWeights(counts, { classWeightPower: 1.5, focalAlpha: 1 });
  const used = lossWeights(counts, phase.loss);
  const offsets = lossLogitOffsets(counts, phase.sampler, phase.loss);
  const weighted = classShares(counts.map((count, k) => count * (used[k] ?? 1)));
  await writeJson(file, {
    formula: {
      balanced: 'n / (classes * count), on the training counts before any resampling',
      power: 'balanced ** 1.5',
      used: `balanced ** ${phase.loss.classWeightPower}, times the alpha of the focal loss`,
      published:
        "by the formula of 'power', HAM10000's 10,015 images give nv 0.0986 and df 43.88; the weights 0.07 and " +
        '72.7 of the published example do not follow from its counts',
    },
    labels: LABELS,
    counts,
    balanced,
    power_1_5: power,
    used: {
      classWeightPower: phase.loss.classWeightPower,
      focalAlpha: phase.loss.focalAlpha,
      weights: used,
      sampler: phase.sampler,
      logitOffsets: offsets,
      /** Each class's share of the summed loss weights over the training images. */
      shareOfLossWeight: weighted,
    },
  });
}

function byLabel(values: readonly number[]): Record<Label, number> {
  return Object.fromEntries(
    LABELS.map((label) => [label, values[labelIndex(label)] ?? 0]),
  ) as Record<Label, number>;
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.partial`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${file}.partial`, file);
}
