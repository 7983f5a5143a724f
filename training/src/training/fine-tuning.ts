import { createRandom } from '@naevus/shared/random';
import { AugmentedBatches } from '../augmentation/augmented-batches.ts';
import { createProgress } from '../data/progress.ts';
import type { Architecture } from '../network/architecture.ts';
import { type ParameterSpec, type Parameters, parameterSpecs } from '../network/parameters.ts';
import { TrainableNetwork } from '../network/trainable-network.ts';
import { AdamW } from './adamw.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { createClassLoss } from './class-loss.ts';
import { assumedPrior, classShares, countLabels } from './class-prior.ts';
import { epochOrder } from './epoch-order.ts';
import type { EpochRecord } from './epoch-record.ts';
import { batches } from './image-batch.ts';
import type { LabelledImages } from './labelled-images.ts';
import { warmupCosine } from './learning-rate.ts';
import type { FineTuningConfig } from './training-config.ts';
import {
  describeSummary,
  predictLogits,
  summarizeValidation,
  type ValidationSummary,
} from './validation.ts';
import { WeightAverage } from './weight-average.ts';

/** Batches that the augmentation prepares ahead of the step. */
const PREFETCH = 3;
/** Share of a batch's statistics in the running ones while training; PyTorch's default. */
const STATISTICS_MOMENTUM = 0.1;

export interface FineTuningRun {
  readonly architecture: Architecture;
  /** Where the run begins when there is no checkpoint to go on from: the head phase's end. */
  readonly begin: () => Promise<{ parameters: Parameters; history: readonly EpochRecord[] }>;
  readonly config: FineTuningConfig;
  readonly seed: number;
  /** Decoded larger than the network's input, for augmentation to sample from. */
  readonly training: LabelledImages;
  /** Prepared exactly as they are served. */
  readonly validation: LabelledImages;
  /** Folder for checkpoints. */
  readonly run: string;
  readonly runDigest: string;
  readonly augmentationWorker: URL;
  /** Asked before each step; true writes a checkpoint and ends the run. */
  readonly shouldStop: () => boolean;
}

export type FineTuningOutcome =
  | { readonly kind: 'finished'; readonly parameters: Parameters; readonly history: EpochRecord[] }
  | { readonly kind: 'stopped'; readonly step: number };

/** A loss or gradient that is not finite: the last checkpoint is the last good state. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

/**
 * Trains the network beyond its classifier, stage by stage, from the last checkpoint where there is one.
 *
 * @throws DivergedError when the loss is no longer finite; checkpoints stay.
 */
export async function fineTune(run: FineTuningRun): Promise<FineTuningOutcome> {
  const { architecture, config, training, seed } = run;
  const counts = countLabels(training.labels, architecture.classes);
  const loss = createClassLoss(counts, config.sampler, config.loss);
  const blocks = [...new Set(parameterSpecs(architecture).map(({ block }) => block))];
  const plan = planSteps(config, training.labels, architecture.classes, seed);

  const resumed = await readCheckpoint(run.run, run.runDigest);
  let step = resumed?.step ?? 0;
  let epochLoss = { sum: 0, images: 0, seconds: 0, ...resumed?.epochLoss };
  const beginning = resumed
    ? { parameters: resumed.weights, history: resumed.history }
    : await run.begin();
  const history: EpochRecord[] = [...beginning.history];
  let weights = beginning.parameters;
  const optimizer = new AdamW(
    {
      weightDecay: config.weightDecay,
      gradientNorm: config.gradientNorm,
      learningRateFactor: (spec) =>
        spec.block === 'classifier'
          ? config.headLearningRateFactor
          : config.layerDecay ** (blocks.length - 2 - blocks.indexOf(spec.block)),
    },
    resumed ? { step: resumed.step, first: resumed.first, second: resumed.second } : undefined,
  );
  let averaged = resumed?.average ?? undefined;
  if (resumed) console.log(`resuming at step ${step} of ${plan.totalSteps}`);

  const augmented = new AugmentedBatches(run.augmentationWorker, {
    images: training.pixels,
    imageSize: training.size,
    aspects: training.aspects,
    augmentation: config.augmentation,
  });
  const progress = createProgress('fine-tuning', plan.totalSteps);
  progress.advance(step);
  let lastCheckpoint = performance.now();

  try {
    for (const stage of plan.stages) {
      if (step >= stage.end) continue;
      const isFrozen = frozenBlocks(blocks, stage.frozenThrough);
      const network = new TrainableNetwork({
        architecture,
        parameters: weights,
        trainable: (spec: ParameterSpec) => !isFrozen(spec.block),
      });
      const average =
        config.averageDecay > 0
          ? new WeightAverage(network.parameters, config.averageDecay, averaged)
          : null;
      const save = () =>
        writeCheckpoint(run.run, {
          step,
          epochLoss,
          history,
          runDigest: run.runDigest,
          weights: network.parameters.toParameters(),
          first: optimizer.state.first,
          second: optimizer.state.second,
          average: average?.values ?? null,
        });

      const pending = new Map<number, Promise<Float32Array>>();
      const request = (at: number) => {
        if (at >= stage.end || pending.has(at)) return;
        const job = {
          indices: plan.indices(at),
          seed: stepSeed(seed, at, 0),
          size: stage.resolution,
        };
        pending.set(at, augmented.request(job));
      };
      if (step === 0) await save();
      while (step < stage.end) {
        if (run.shouldStop()) {
          await save();
          return { kind: 'stopped', step };
        }
        const started = performance.now();
        for (let ahead = 0; ahead < PREFETCH; ahead++) request(step + ahead);
        const indices = plan.indices(step);
        const labels = indices.map((index) => training.labels[index] ?? 0);
        const values = await pending.get(step);
        pending.delete(step);
        if (!values) throw new Error(`the batch of step ${step} was never requested`);
        const learningRate =
          config.learningRate *
          warmupCosine(step, plan.totalSteps, config.warmupSteps, config.finalLearningRate);
        let stepLoss = Number.NaN;
        const gradients = network.gradients(
          { values, count: indices.length, size: stage.resolution },
          {
            random: createRandom(stepSeed(seed, step, 1)),
            dropPathRate: config.dropPath,
            dropoutRate: config.dropout,
            usesBatchStatistics: (block) => !isFrozen(block),
            onBatchStatistics: (norm, mean, variance) => {
              moveStatistic(network, `${norm}.running_mean`, mean);
              moveStatistic(network, `${norm}.running_var`, variance);
            },
            lossGradient: (logits) => {
              const { value, gradient } = loss(logits, labels);
              stepLoss = value;
              return gradient;
            },
          },
        );
        if (!Number.isFinite(stepLoss)) {
          throw new DivergedError(
            `the loss is ${stepLoss} at step ${step}: lower the learning rate`,
          );
        }
        optimizer.update(network.parameters, gradients, learningRate);
        average?.update(network.parameters, step);
        step++;
        epochLoss = {
          sum: epochLoss.sum + stepLoss * indices.length,
          images: epochLoss.images + indices.length,
          seconds: epochLoss.seconds + (performance.now() - started) / 1000,
        };
        const running = epochLoss.sum / epochLoss.images;
        const speed = epochLoss.images / epochLoss.seconds;
        progress.advance(1, `loss ${running.toFixed(4)}, ${speed.toFixed(1)} images/s`);

        const epoch = plan.epochEnding(step);
        if (epoch !== null) {
          const due = epoch % config.validateEvery === 0 || step === plan.totalSteps;
          const current =
            average?.toParameters(network.parameters) ?? network.parameters.toParameters();
          const validation = due ? validate(run, current, counts) : undefined;
          history.push({
            phase: 'fine-tuning',
            epoch,
            loss: running,
            learningRate,
            seconds: epochLoss.seconds,
            imagesPerSecond: speed,
            ...(validation && { validation }),
          });
          epochLoss = { sum: 0, images: 0, seconds: 0 };
          console.log(
            `epoch ${epoch}: loss ${running.toFixed(4)}${validation ? `; ${describeSummary(validation)}` : ''}`,
          );
        }
        const minutes = (performance.now() - lastCheckpoint) / 60_000;
        if (epoch !== null || minutes >= config.checkpointMinutes) {
          await save();
          lastCheckpoint = performance.now();
        }
      }
      weights = network.parameters.toParameters();
      averaged = average?.values;
      network.dispose();
    }
  } finally {
    await augmented.close();
  }
  progress.done();
  const final = new TrainableNetwork({ architecture, parameters: weights });
  const parameters = final.parameters.toParameters(averaged);
  final.dispose();
  return { kind: 'finished', parameters, history };
}

function validate(
  run: FineTuningRun,
  parameters: Parameters,
  counts: readonly number[],
): ValidationSummary {
  const { architecture, validation, config } = run;
  const network = new TrainableNetwork({ architecture, parameters });
  const logits = predictLogits(network, validation);
  network.dispose();
  const assumed = assumedPrior(counts, config.sampler, config.loss);
  return summarizeValidation(validation.labels, logits, assumed, classShares(counts));
}

function moveStatistic(network: TrainableNetwork, name: string, batch: Float32Array): void {
  const { values } = network.parameters.get(name);
  for (let i = 0; i < values.length; i++) {
    values[i] = (1 - STATISTICS_MOMENTUM) * values[i]! + STATISTICS_MOMENTUM * batch[i]!;
  }
  network.parameters.changed(name);
}

function frozenBlocks(blocks: readonly string[], through: string): (block: string) => boolean {
  if (through === 'none') return () => false;
  // 'blocks.2' freezes 'blocks.2.0', 'blocks.2.1' and all before them.
  const last = blocks.findLastIndex(
    (block) => block === through || block.startsWith(`${through}.`),
  );
  return (block) => blocks.indexOf(block) <= last;
}

/** One number of seed, step and purpose; steps and purposes never meet. */
function stepSeed(seed: number, step: number, purpose: 0 | 1): number {
  return seed * 2 ** 32 + step * 2 + purpose;
}

function planSteps(
  config: FineTuningConfig,
  labels: readonly number[],
  classes: number,
  seed: number,
) {
  const orderOf = (epoch: number) =>
    batches(epochOrder(labels, classes, config.sampler, seed * 1000 + epoch), config.batchSize);
  const stepsPerEpoch = orderOf(0).length;
  let end = 0;
  const stages = config.stages.map((stage) => {
    end += stage.epochs * stepsPerEpoch;
    return { ...stage, end };
  });
  let cached = { epoch: -1, order: [] as number[][] };
  return {
    stages,
    totalSteps: end,
    indices(step: number): number[] {
      const epoch = Math.floor(step / stepsPerEpoch);
      if (cached.epoch !== epoch) cached = { epoch, order: orderOf(epoch) };
      return cached.order[step % stepsPerEpoch] ?? [];
    },
    /** Number of the epoch, from 1, whose last step has just been done; null within one. */
    epochEnding: (step: number) => (step % stepsPerEpoch === 0 ? step / stepsPerEpoch : null),
  };
}
