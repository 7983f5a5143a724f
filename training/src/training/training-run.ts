import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Split } from '@naevus/shared/artifact/split';
import { INPUT_SIZE } from '@naevus/shared/preprocessing/preprocessing-spec';
import type { Resampler } from '@naevus/shared/preprocessing/resampler';
import { createRandom } from '@naevus/shared/random';
import { LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy';
import type { Dataset, Sample } from '../data/dataset.ts';
import type { Architecture } from '../network/architecture.ts';
import {
  checkParameters,
  type Parameters,
  parameterSpecs,
  withNewClassifier,
} from '../network/parameters.ts';
import { type ImageBatch, TrainableNetwork } from '../network/trainable-network.ts';
import { RUN_FILES, type RunRecord } from '../run/run-record.ts';
import { serializeSafetensors } from '../weights/safetensors.ts';
import { reestimateStatistics } from './batch-norm-statistics.ts';
import {
  assumedPrior,
  classShares,
  countLabels,
  lossLogitOffsets,
  lossWeights,
  priorLogitBias,
} from './class-prior.ts';
import { fineTune } from './fine-tuning.ts';
import { pooledFeatures, trainHead } from './head-phase.ts';
import { batches, imageBatch } from './image-batch.ts';
import { decodeImages, type LabelledImages } from './labelled-images.ts';
import type { FineTuningConfig, TrainingConfig } from './training-config.ts';
import { describeSummary, predictLogits, summarizeValidation } from './validation.ts';

const STATISTICS_BATCH = 32;

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
  readonly shouldStop: () => boolean;
}

/**
 * Trains from pretrained weights: statistics, head, and fine-tuning where it is configured; writes the
 * run's files.
 *
 * @returns 'stopped' when it was asked to stop and left a checkpoint to resume from.
 */
export async function trainRun(run: TrainingRun): Promise<'finished' | 'stopped'> {
  const { architecture, config, split, out } = run;
  const runDigest = digest({
    config,
    data: run.dataset.dataSha256,
    weights: run.initialWeights.description,
    split: split.validation,
  });
  await mkdir(out, { recursive: true });
  await writeJson(join(out, RUN_FILES.split), split);
  await writeJson(join(out, RUN_FILES.config), config);

  const sampleOf = new Map(run.dataset.samples.map((sample) => [sample.imageId, sample]));
  const pick = (ids: readonly string[]) =>
    ids.map((id) => {
      const sample = sampleOf.get(id);
      if (!sample) throw new Error(`the split names ${id}, which the data lack`);
      return sample;
    });
  const decode = (samples: readonly Sample[], side: string, size: number) =>
    decodeImages(samples, size, run.resampler, {
      directory: run.cacheDirectory,
      key: `${side}-${digest({ data: run.dataset.dataSha256, ids: samples.map((s) => s.imageId) }).slice(0, 16)}`,
    });
  const trainSamples = pick(split.train);
  const served = {
    training: await decode(trainSamples, 'train', INPUT_SIZE),
    validation: await decode(pick(split.validation), 'validation', INPUT_SIZE),
  };
  const counts = countLabels(served.training.labels, LABELS.length);
  const trainingPrior = classShares(counts);
  await writeClassWeights(join(out, RUN_FILES.classWeights), counts, config);

  const headPhase = async () => {
    const network = new TrainableNetwork({
      architecture,
      parameters: withNewClassifier(run.initialWeights.parameters, architecture),
      trainable: ({ block }) => block === 'classifier',
    });
    await reestimateStatistics(
      network,
      statisticsBatches(served.training, config.statisticsImages, config.seed),
      Math.min(config.statisticsImages, served.training.labels.length),
    );
    const features = pooledFeatures(network, served.training);
    const history = trainHead(network, features, config.head, config.seed);
    const parameters = network.parameters.toParameters();
    network.dispose();
    const { sampler, loss } = config.head;
    report('after the head', parameters, assumedPrior(counts, sampler, loss));
    return { parameters, history };
  };
  const fineTuningPhase = async (fineTuning: FineTuningConfig) => {
    const outcome = await fineTune({
      architecture,
      begin: headPhase,
      config: fineTuning,
      seed: config.seed,
      training: await decode(trainSamples, 'train', config.cacheSize),
      validation: served.validation,
      run: out,
      runDigest,
      augmentationWorker: run.augmentationWorker,
      shouldStop: run.shouldStop,
    });
    if (outcome.kind === 'stopped') {
      console.log(`stopped at step ${outcome.step}; go on with --resume`);
      return null;
    }
    // Statistics stay as they were averaged along with the weights: estimated anew on unvaried images they
    // took 3 points of balanced accuracy off, the frozen blocks never having run on batch statistics.
    return { parameters: outcome.parameters, history: outcome.history };
  };

  const trained = config.fineTuning ? await fineTuningPhase(config.fineTuning) : await headPhase();
  if (!trained) return 'stopped';
  const { parameters, history } = trained;
  const { sampler, loss } = config.fineTuning ?? config.head;

  checkParameters(parameters, architecture);
  const assumed = assumedPrior(counts, sampler, loss);
  if (config.fineTuning) report('the final weights', parameters, assumed);
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
      logitBias: priorLogitBias(assumed, trainingPrior),
    },
  } satisfies RunRecord);
  return 'finished';

  function report(when: string, weights: Parameters, assumedShares: readonly number[]): void {
    const scored = new TrainableNetwork({ architecture, parameters: weights });
    const logits = predictLogits(scored, served.validation);
    scored.dispose();
    const { labels } = served.validation;
    const summary = summarizeValidation(labels, logits, assumedShares, trainingPrior);
    console.log(`${when}: ${describeSummary(summary)}`);
  }
}

async function* statisticsBatches(
  images: LabelledImages,
  count: number,
  seed: number,
): AsyncGenerator<ImageBatch> {
  const order = createRandom(seed)
    .shuffle([...images.labels.keys()])
    .slice(0, count);
  for (const indices of batches(order, STATISTICS_BATCH)) yield imageBatch(images, indices);
}

async function writeClassWeights(
  file: string,
  counts: readonly number[],
  config: TrainingConfig,
): Promise<void> {
  const phase = config.fineTuning ?? config.head;
  const balanced = lossWeights(counts, { ...phase.loss, classWeightPower: 1 });
  const power = lossWeights(counts, { ...phase.loss, classWeightPower: 1.5 });
  const used = lossWeights(counts, phase.loss);
  const offsets = lossLogitOffsets(counts, phase.sampler, phase.loss);
  const weighted = classShares(counts.map((count, k) => count * (used[k] ?? 1)));
  await writeJson(file, {
    formula: {
      balanced: 'n / (classes * count), on the training counts before any resampling',
      power: 'balanced ** 1.5',
    },
    labels: LABELS,
    counts,
    balanced,
    power_1_5: power,
    used: {
      classWeightPower: phase.loss.classWeightPower,
      weights: used,
      sampler: phase.sampler,
      logitOffsets: offsets,
      /** Each class's share of the summed loss weights over the training images. */
      shareOfLossWeight: weighted,
    },
  });
}

function describeMethod(config: TrainingConfig): string {
  const head =
    `Dense head trained on pooled features of the frozen backbone (${config.head.epochs} epochs, ` +
    `${describeLoss(config.head)}), batch-norm statistics re-estimated on training images`;
  const tuning = config.fineTuning;
  if (!tuning) return `${head}.`;
  const stages = tuning.stages
    .map(
      (s) =>
        `${s.epochs} epochs at ${s.resolution} pixels with ${s.frozenThrough === 'none' ? 'nothing' : `everything through ${s.frozenThrough}`} frozen`,
    )
    .join(', then ');
  return `${head}; then fine-tuned with AdamW: ${stages} (${describeLoss(tuning)}, augmentation, moving average of the weights ${tuning.averageDecay}).`;
}

function describeLoss({ loss, sampler }: Pick<TrainingConfig['head'], 'loss' | 'sampler'>): string {
  const parts = [`${sampler} sampler`];
  parts.push(loss.focalGamma > 0 ? `focal loss γ ${loss.focalGamma}` : 'cross-entropy');
  if (loss.classWeightPower > 0)
    parts.push(`balanced class weights to the power ${loss.classWeightPower}`);
  if (loss.logitAdjustment > 0) parts.push(`logit adjustment τ ${loss.logitAdjustment}`);
  if (loss.labelSmoothing > 0) parts.push(`label smoothing ${loss.labelSmoothing}`);
  return parts.join(', ');
}

function byLabel(values: readonly number[]): Record<Label, number> {
  return Object.fromEntries(
    LABELS.map((label) => [label, values[labelIndex(label)] ?? 0]),
  ) as Record<Label, number>;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.partial`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${file}.partial`, file);
}
