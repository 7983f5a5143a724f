import { createProgress, type Progress } from '@naevus/shared/progress';
import { createRandom } from '@naevus/shared/statistics/random';
import { AugmentedBatches } from '../../data/augmentation/augmented-batches.ts';
import { type BatchMix, drawBatchMix } from '../../data/augmentation/mix-images.ts';
import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import { RunStopped, type ShouldStop } from '../../data/run-stopped.ts';
import type { Architecture } from '../../network/architecture.ts';
import { type Parameters, parameterSpecs } from '../../network/parameters.ts';
import { TrainableNetwork } from '../../network/trainable-network.ts';
import { type Checkpoint, EMPTY_CHECKPOINT } from '../../run/checkpoint.ts';
import { countStrata } from '../../run/class-prior.ts';
import type { FineTuningConfig } from '../../run/config/training-config.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';
import type { Teacher } from '../distillation/teacher.ts';
import { Adam } from '../optimizer/adam.ts';
import { DivergedError } from '../optimizer/diverged-error.ts';
import { ExponentialMovingAverage } from '../optimizer/exponential-moving-average.ts';
import { blockLearningRates, frozenBlocks } from '../optimizer/network-blocks.ts';
import { planSteps, type StepPlan } from '../sampling/step-plan.ts';
import { type ClassLoss, classWeightShare, createClassLoss } from './class-loss.ts';
import { EpochTotals } from './epoch-totals.ts';
import { PhaseHistory } from './phase-history.ts';
import { PrefetchedBatches } from './prefetched-batches.ts';
import { stepGradients } from './step-gradients.ts';
import type { TrainingEvents } from './training-events.ts';
import {
  describeBySource,
  describeSummary,
  predictLogits,
  summarizeValidation,
} from './validation.ts';

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
  /** Prepared exactly as they are served; null validates nothing. */
  readonly validation: LabelledImages | null;
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
  const { resumed } = run;
  const beginning = resumed
    ? { parameters: resumed.weights, history: resumed.history }
    : await run.begin();
  const tuning = new FineTuning(run, beginning);
  try {
    for (const stage of tuning.plan.stages) await tuning.trainStage(stage);
  } finally {
    await tuning.close();
  }
  return tuning.result();
}

/** The parts of a stage: its network, and what goes with it. */
interface Stage {
  readonly end: number;
  readonly resolution: number;
  readonly isFrozen: (block: string) => boolean;
  readonly network: TrainableNetwork;
  readonly average: ExponentialMovingAverage | null;
  readonly batches: PrefetchedBatches;
}

class FineTuning {
  readonly plan: StepPlan;
  private readonly run: FineTuningRun;
  /** Training images a class, one row a source. */
  private readonly counts: readonly (readonly number[])[];
  private readonly loss: ClassLoss;
  private readonly blocks: readonly string[];
  private readonly optimizer: Adam;
  private readonly history: PhaseHistory;
  private readonly augmented: AugmentedBatches;
  private readonly progress: Progress;
  private step: number;
  private totals: EpochTotals;
  private weights: Parameters;
  private averaged: Map<string, Float32Array> | undefined;
  private best: Parameters | null;
  private lastCheckpoint = performance.now();

  constructor(
    run: FineTuningRun,
    beginning: { readonly parameters: Parameters; readonly history: readonly EpochRecord[] },
  ) {
    const { architecture, config, training, seed, resumed } = run;
    this.run = run;
    this.counts = countStrata(training.strata, architecture.classes, training.sources.length);
    this.loss = createClassLoss(this.counts, config);
    this.blocks = [...new Set(parameterSpecs(architecture).map(({ block }) => block))];
    this.plan = planSteps(config, training.strata, architecture.classes * this.counts.length, seed);
    this.history = new PhaseHistory('fine-tuning', config, beginning.history);
    this.weights = beginning.parameters;
    this.step = resumed?.step ?? 0;
    this.totals = new EpochTotals(resumed?.epochLoss);
    this.averaged = resumed?.average ?? undefined;
    this.best = resumed?.best ?? null;
    this.optimizer = new Adam(
      {
        optimizer: config.optimizer,
        weightDecay: config.weightDecay,
        gradientNorm: config.gradientNorm ?? Number.POSITIVE_INFINITY,
        learningRateFactor: blockLearningRates(this.blocks, config),
      },
      resumed ? { step: resumed.step, first: resumed.first, second: resumed.second } : undefined,
    );
    if (resumed) console.log(`resuming at step ${this.step} of ${this.plan.totalSteps}`);
    this.augmented = new AugmentedBatches(run.augmentationWorker, {
      images: training.pixels,
      imageSize: training.size,
      aspects: training.aspects,
      augmentation: config.augmentation,
    });
    this.progress = createProgress('fine-tuning', this.plan.totalSteps);
    this.progress.advance(this.step);
  }

  async close(): Promise<void> {
    await this.augmented.close();
  }

  /** Trains a stage to its end, or to where early stopping ends the phase; nothing where it is over already. */
  async trainStage(planned: StepPlan['stages'][number]): Promise<void> {
    if (this.step > planned.end || this.isOver(planned.end)) return;
    const stage = this.openStage(planned);
    if (this.step === 0) await this.save(stage);
    while (!this.isOver(stage.end)) {
      const ended = this.epochToRecord();
      if (ended !== null) await this.finishEpoch(stage, ended);
      else await this.trainStep(stage);
    }
    this.weights = stage.network.parameters.toParameters();
    this.averaged = stage.average?.values;
    stage.network.dispose();
  }

  result(): FineTuned {
    this.progress.done();
    const history = this.history.records;
    if (this.best) return { parameters: this.best, history };
    const { architecture } = this.run;
    const final = new TrainableNetwork({ architecture, parameters: this.weights });
    const parameters = final.parameters.toParameters(this.averaged);
    final.dispose();
    return { parameters, history };
  }

  private openStage({ end, resolution, frozenThrough }: StepPlan['stages'][number]): Stage {
    const { architecture, config, seed } = this.run;
    const isFrozen = frozenBlocks(this.blocks, frozenThrough);
    const network = new TrainableNetwork({
      architecture,
      parameters: this.weights,
      trainable: (spec) =>
        !isFrozen(spec.block) && (config.batchNorm === 'trained' || !spec.normalization),
    });
    const average =
      config.averageDecay > 0 || config.weightAveragingEpochs > 0
        ? new ExponentialMovingAverage(
            network.parameters,
            { decay: config.averageDecay, evenFrom: this.evenFrom() },
            this.averaged,
          )
        : null;
    const prepare = (step: number) =>
      this.augmented.request({
        indices: this.plan.indices(step),
        seed: stepSeed(seed, step, 0),
        size: resolution,
        isStrong:
          this.plan.epochOf(step) < this.plan.epochs - (config.augmentation.strong?.offEpochs ?? 0),
        mix: this.mixOf(step, resolution),
      });
    const batches = new PrefetchedBatches(prepare, end);
    return { end, resolution, isFrozen, network, average, batches };
  }

  private async trainStep(stage: Stage): Promise<void> {
    const { config, shouldStop } = this.run;
    if (shouldStop()) {
      await this.save(stage);
      throw new RunStopped(`fine-tuning at step ${this.step} of ${this.plan.totalSteps}`);
    }
    const started = performance.now();
    const { loss, gradients, images } = await this.gradients(stage);
    if (!Number.isFinite(loss)) {
      throw new DivergedError(`the loss is ${loss}`, 'fine-tuning', this.step);
    }
    const learningRate = this.history.learningRate(this.step, this.plan.totalSteps);
    this.optimizer.update(stage.network.parameters, gradients, learningRate);
    stage.average?.update(stage.network.parameters, this.step);
    this.step++;
    this.totals.add(loss, images, (performance.now() - started) / 1000);

    const { meanLoss, imagesPerSecond } = this.totals;
    this.run.events?.step(this.step, { loss, learningRate, imagesPerSecond });
    this.progress.advance(1, `loss ${meanLoss.toFixed(4)}, ${imagesPerSecond.toFixed(1)} images/s`);
    const minutes = (performance.now() - this.lastCheckpoint) / 60_000;
    if (this.epochToRecord() === null && minutes >= config.checkpointMinutes) {
      await this.save(stage);
    }
  }

  private async gradients({ network, resolution, isFrozen, batches }: Stage) {
    const { config, training, seed, teacher } = this.run;
    const indices = this.plan.indices(this.step);
    const batch = {
      values: await batches.take(this.step),
      count: indices.length,
      size: resolution,
    };
    const teacherLogits =
      config.distillation && teacher
        ? await teacher.logits(
            batch,
            config.distillation.views,
            createRandom(-1 - stepSeed(seed, this.step, 1)),
            { indices, mix: this.mixOf(this.step, resolution) },
          )
        : null;
    const weightShare = classWeightShare(config.loss, this.step, this.plan.totalSteps);
    const gradients = stepGradients(network, {
      batch,
      strata: indices.map((index) => training.strata[index]!),
      mix: this.mixOf(this.step, resolution),
      teacherLogits,
      loss: (logits, strata) => this.loss(logits, strata, weightShare),
      config,
      isFrozen,
      random: createRandom(stepSeed(seed, this.step, 1)),
    });
    return { ...gradients, images: indices.length };
  }

  private async finishEpoch(stage: Stage, epoch: number): Promise<void> {
    try {
      await this.recordEpoch(stage, epoch);
    } catch (error) {
      // The steps of the epoch are done: the resumed run begins with this validation.
      if (error instanceof RunStopped) await this.save(stage);
      throw error;
    }
    await this.save(stage);
  }

  private async recordEpoch({ network, average }: Stage, epoch: number): Promise<void> {
    const { config, events } = this.run;
    const { totalSteps } = this.plan;
    const current = average?.toParameters(network.parameters) ?? network.parameters.toParameters();
    const isDue = epoch % config.validateEvery === 0 || this.step === totalSteps;
    const images = isDue ? this.run.validation : null;
    const validation = images ? await this.validate(images, current) : undefined;
    const record = this.history.add({
      epoch,
      learningRate: this.history.learningRate(this.step - 1, totalSteps),
      totals: this.totals,
      validation,
    });
    events?.epoch(record, this.step);
    this.totals = new EpochTotals();
    if (this.history.lastIsBest) this.best = current;
    console.log(
      `epoch ${epoch}: loss ${record.loss.toFixed(4)}${validation ? `; ${describeSummary(validation)}` : ''}`,
    );
  }

  private async validate(validation: LabelledImages, parameters: Parameters) {
    const { architecture, config, shouldStop } = this.run;
    const network = new TrainableNetwork({ architecture, parameters });
    try {
      const logits = await predictLogits(network, validation, shouldStop);
      for (const line of describeBySource(validation, logits, this.counts, config)) {
        console.log(line);
      }
      return summarizeValidation(validation.strata, logits, this.counts, config);
    } finally {
      network.dispose();
    }
  }

  private async save({ network, average }: Stage): Promise<void> {
    const { first, second } = this.optimizer.state;
    await this.run.save({
      ...EMPTY_CHECKPOINT,
      phase: 'fine-tuning',
      step: this.step,
      epochLoss: this.totals.values,
      history: this.history.records,
      weights: network.parameters.toParameters(),
      first,
      second,
      average: average?.values ?? null,
      best: this.best,
    });
    this.lastCheckpoint = performance.now();
  }

  private isOver(end: number): boolean {
    return this.history.isStopped || (this.step >= end && this.epochToRecord() === null);
  }

  /** The epoch whose steps are done and whose record is not yet made; null within one. */
  private epochToRecord(): number | null {
    const epoch = this.plan.epochEnding(this.step);
    return epoch !== null && epoch > this.history.epochs ? epoch : null;
  }

  /** The first step whose weights are averaged evenly; beyond the last where none are. */
  private evenFrom(): number {
    const { totalSteps, epochs } = this.plan;
    return (totalSteps * Math.max(0, epochs - this.run.config.weightAveragingEpochs)) / epochs;
  }

  /** How a step's batch is mixed; null where it is not. */
  private mixOf(step: number, size: number): BatchMix | null {
    const { mixing } = this.run.config;
    if (this.plan.epochOf(step) >= this.plan.epochs - mixing.offEpochs) return null;
    return drawBatchMix(mixing, size, createRandom(-1 - stepSeed(this.run.seed, step, 0)));
  }
}

/** One number of seed, step and purpose; steps and purposes never meet. */
function stepSeed(seed: number, step: number, purpose: 0 | 1): number {
  return seed * 2 ** 32 + step * 2 + purpose;
}
