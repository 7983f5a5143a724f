import { createProgress } from '@naevus/shared/progress';
import { createRandom } from '@naevus/shared/statistics/random';
import { AugmentedBatches } from '../../data/augmentation/augmented-batches.ts';
import { type BatchMix, drawBatchMix, mixedLabels } from '../../data/augmentation/mix-images.ts';
import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import { RunStopped, type ShouldStop } from '../../data/run-stopped.ts';
import type { Architecture } from '../../network/architecture.ts';
import { distillationLoss } from '../../network/loss/distillation-loss.ts';
import { blendedLoss } from '../../network/loss/logit-loss.ts';
import { type Parameters, parameterSpecs } from '../../network/parameters.ts';
import { TrainableNetwork } from '../../network/trainable-network.ts';
import { type Checkpoint, EMPTY_CHECKPOINT } from '../../run/checkpoint.ts';
import { countLabels } from '../../run/class-prior.ts';
import type { FineTuningConfig } from '../../run/config/training-config.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';
import type { Teacher } from '../distillation/teacher.ts';
import { accumulateGradients } from '../optimizer/accumulate-gradients.ts';
import { Adam } from '../optimizer/adam.ts';
import { DivergedError } from '../optimizer/diverged-error.ts';
import { ExponentialMovingAverage } from '../optimizer/exponential-moving-average.ts';
import { learningRateShare } from '../optimizer/learning-rate.ts';
import { blockLearningRates, frozenBlocks } from '../optimizer/network-blocks.ts';
import { earlyStop, watchedValues } from '../optimizer/watched-metric.ts';
import { planSteps } from '../sampling/step-plan.ts';
import { createClassLoss, mixedLoss } from './class-loss.ts';
import type { TrainingEvents } from './training-events.ts';
import { describeSummary, predictLogits, summarizeValidation } from './validation.ts';

/** Batches that the augmentation prepares ahead of the step. */
const PREFETCH = 3;
/** Share of a batch's statistics in the running ones while training; PyTorch's default. */
const STATISTICS_MOMENTUM = 0.1;

export interface FineTuningRun {
  readonly architecture: Architecture;
  /** Where the run begins when there is no checkpoint of this phase: the head phase's end. */
  readonly begin: () => Promise<{ parameters: Parameters; history: readonly EpochRecord[] }>;
  /** A checkpoint of this phase to go on from. */
  readonly resumed: Checkpoint | null;
  /** Keeps a checkpoint: after each epoch, every so many minutes, and before a stop. */
  readonly save: (checkpoint: Checkpoint) => Promise<void>;
  readonly config: FineTuningConfig;
  readonly seed: number;
  /** Decoded larger than the network's input, for augmentation to sample from. */
  readonly training: LabelledImages;
  /** Prepared exactly as they are served. */
  readonly validation: LabelledImages;
  readonly augmentationWorker: URL;
  /** Needed where the configuration has distillation. */
  readonly teacher?: Teacher;
  readonly events?: TrainingEvents;
  /** Asked before each step, and between the batches of a validation. */
  readonly shouldStop: ShouldStop;
}

export interface FineTuned {
  /** Those of the best validation where early stopping watches, else the last ones, or their average. */
  readonly parameters: Parameters;
  readonly history: EpochRecord[];
}

/**
 * Trains the network beyond its classifier, stage by stage, from a checkpoint where there is one.
 *
 * @throws DivergedError when the loss is no longer finite, checkpoints stay; RunStopped when it was asked to
 *   stop, after it has saved.
 */
export async function fineTune(run: FineTuningRun): Promise<FineTuned> {
  const { architecture, config, training, seed, resumed, teacher, shouldStop } = run;
  const { distillation } = config;
  const counts = countLabels(training.labels, architecture.classes);
  const loss = createClassLoss(counts, config);
  const blocks = [...new Set(parameterSpecs(architecture).map(({ block }) => block))];
  const plan = planSteps(config, training.labels, architecture.classes, seed);

  let step = resumed?.step ?? 0;
  let epochLoss = { ...(resumed ?? EMPTY_CHECKPOINT).epochLoss };
  const beginning = resumed
    ? { parameters: resumed.weights, history: resumed.history }
    : await run.begin();
  const history: EpochRecord[] = [...beginning.history];
  let weights = beginning.parameters;
  const optimizer = new Adam(
    {
      optimizer: config.optimizer,
      weightDecay: config.weightDecay,
      gradientNorm: config.gradientNorm ?? Number.POSITIVE_INFINITY,
      learningRateFactor: blockLearningRates(blocks, config),
    },
    resumed ? { step: resumed.step, first: resumed.first, second: resumed.second } : undefined,
  );
  let averaged = resumed?.average ?? undefined;
  let best = resumed?.best ?? null;
  if (resumed) console.log(`resuming at step ${step} of ${plan.totalSteps}`);

  /** The epoch whose steps are done and whose record is not yet made; null within one. */
  const epochToRecord = () => {
    const epoch = plan.epochEnding(step);
    const recorded = history.filter(({ phase }) => phase === 'fine-tuning').length;
    return epoch !== null && epoch > recorded ? epoch : null;
  };
  const learningRateAt = (at: number) =>
    config.learningRate *
    learningRateShare(
      config,
      at,
      plan.totalSteps,
      watchedValues(history, 'fine-tuning', config.plateau.metric),
    );
  const stopping = () => {
    const { earlyStopping } = config;
    if (!earlyStopping) return null;
    return earlyStop(watchedValues(history, 'fine-tuning', earlyStopping.metric), earlyStopping);
  };
  const mixOf = (at: number, size: number): BatchMix | null =>
    plan.epochOf(at) >= plan.epochs - config.mixing.offEpochs
      ? null
      : drawBatchMix(config.mixing, size, createRandom(-1 - stepSeed(seed, at, 0)));

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
      const isOver = () =>
        stopping()?.stop === true || (step >= stage.end && epochToRecord() === null);
      if (step > stage.end || isOver()) continue;
      const isFrozen = frozenBlocks(blocks, stage.frozenThrough);
      const normalizes = config.batchNorm === 'trained';
      const network = new TrainableNetwork({
        architecture,
        parameters: weights,
        trainable: (spec) => !isFrozen(spec.block) && (normalizes || !spec.normalization),
      });
      const average =
        config.averageDecay > 0
          ? new ExponentialMovingAverage(network.parameters, config.averageDecay, averaged)
          : null;
      const save = async () => {
        await run.save({
          ...EMPTY_CHECKPOINT,
          phase: 'fine-tuning',
          step,
          epochLoss,
          history,
          weights: network.parameters.toParameters(),
          first: optimizer.state.first,
          second: optimizer.state.second,
          average: average?.values ?? null,
          best,
        });
        lastCheckpoint = performance.now();
      };
      const finishEpoch = async (epoch: number) => {
        const running = epochLoss.sum / epochLoss.images;
        const current =
          average?.toParameters(network.parameters) ?? network.parameters.toParameters();
        const due = epoch % config.validateEvery === 0 || step === plan.totalSteps;
        const summary = due ? await validate(run, current, counts) : undefined;
        history.push({
          phase: 'fine-tuning',
          epoch,
          loss: running,
          learningRate: learningRateAt(step - 1),
          seconds: epochLoss.seconds,
          imagesPerSecond: epochLoss.images / epochLoss.seconds,
          ...(summary && { validation: summary }),
        });
        run.events?.epoch(history.at(-1)!, step);
        epochLoss = { ...EMPTY_CHECKPOINT.epochLoss };
        const watched = stopping();
        if (summary && watched && watched.best === validations(history) - 1) best = current;
        console.log(
          `epoch ${epoch}: loss ${running.toFixed(4)}${summary ? `; ${describeSummary(summary)}` : ''}`,
        );
      };

      const pending = new Map<number, Promise<Float32Array>>();
      const request = (at: number) => {
        if (at >= stage.end || pending.has(at)) return;
        const job = {
          indices: plan.indices(at),
          seed: stepSeed(seed, at, 0),
          size: stage.resolution,
          mix: mixOf(at, stage.resolution),
        };
        pending.set(at, augmented.request(job));
      };
      if (step === 0) await save();
      while (!isOver()) {
        const ended = epochToRecord();
        if (ended !== null) {
          try {
            await finishEpoch(ended);
          } catch (error) {
            // The steps of the epoch are done: the resumed run begins with this validation.
            if (error instanceof RunStopped) await save();
            throw error;
          }
          await save();
          continue;
        }
        if (shouldStop()) {
          await save();
          throw new RunStopped(`fine-tuning at step ${step} of ${plan.totalSteps}`);
        }
        const started = performance.now();
        for (let ahead = 0; ahead < PREFETCH; ahead++) request(step + ahead);
        const indices = plan.indices(step);
        const labels = indices.map((index) => training.labels[index] ?? 0);
        const mix = mixOf(step, stage.resolution);
        const others = mix ? mixedLabels(labels) : labels;
        const values = await pending.get(step);
        pending.delete(step);
        if (!values) throw new Error(`the batch of step ${step} was never requested`);
        const batch = { values, count: indices.length, size: stage.resolution };
        const taught =
          distillation && teacher
            ? await teacher.logits(
                batch,
                distillation.views,
                createRandom(-1 - stepSeed(seed, step, 1)),
              )
            : null;
        const { loss: stepLoss, gradients } = accumulateGradients(
          network,
          batch,
          config.microBatchSize,
          {
            random: createRandom(stepSeed(seed, step, 1)),
            dropPathRate: config.dropPath,
            dropoutRate: config.dropout,
            usesBatchStatistics: (block) => normalizes && !isFrozen(block),
            onBatchStatistics: (norm, mean, variance) => {
              moveStatistic(network, `${norm}.running_mean`, mean);
              moveStatistic(network, `${norm}.running_var`, variance);
            },
          },
          (logits, from, rows) => {
            const own = labels.slice(from, from + rows);
            const ofLabels = mix
              ? mixedLoss(loss, logits, own, others.slice(from, from + rows), mix.share)
              : loss(logits, own);
            if (!distillation || !taught) return ofLabels;
            const { classes } = architecture;
            const ofTeacher = distillationLoss(
              logits,
              taught.subarray(from * classes, (from + rows) * classes),
              { classes, temperature: distillation.temperature },
            );
            return blendedLoss(ofTeacher, ofLabels, distillation.share);
          },
        );
        if (!Number.isFinite(stepLoss)) {
          throw new DivergedError(`the loss is ${stepLoss}`, 'fine-tuning', step);
        }
        const learningRate = learningRateAt(step);
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
        run.events?.step(step, { loss: stepLoss, learningRate, imagesPerSecond: speed });
        progress.advance(1, `loss ${running.toFixed(4)}, ${speed.toFixed(1)} images/s`);
        const minutes = (performance.now() - lastCheckpoint) / 60_000;
        if (epochToRecord() === null && minutes >= config.checkpointMinutes) await save();
      }
      weights = network.parameters.toParameters();
      averaged = average?.values;
      network.dispose();
    }
  } finally {
    await augmented.close();
  }
  progress.done();
  if (best) return { parameters: best, history };
  const final = new TrainableNetwork({ architecture, parameters: weights });
  const parameters = final.parameters.toParameters(averaged);
  final.dispose();
  return { parameters, history };
}

async function validate(run: FineTuningRun, parameters: Parameters, counts: readonly number[]) {
  const { architecture, validation, config, shouldStop } = run;
  const network = new TrainableNetwork({ architecture, parameters });
  try {
    const logits = await predictLogits(network, validation, shouldStop);
    return summarizeValidation(validation.labels, logits, counts, config);
  } finally {
    network.dispose();
  }
}

function validations(history: readonly EpochRecord[]): number {
  return history.filter(({ phase, validation }) => phase === 'fine-tuning' && validation).length;
}

function moveStatistic(network: TrainableNetwork, name: string, batch: Float32Array): void {
  const { values } = network.parameters.get(name);
  for (let i = 0; i < values.length; i++) {
    values[i] = (1 - STATISTICS_MOMENTUM) * values[i]! + STATISTICS_MOMENTUM * batch[i]!;
  }
  network.parameters.changed(name);
}

/** One number of seed, step and purpose; steps and purposes never meet. */
function stepSeed(seed: number, step: number, purpose: 0 | 1): number {
  return seed * 2 ** 32 + step * 2 + purpose;
}
