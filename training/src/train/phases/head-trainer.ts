import { createProgress } from '@naevus/shared/progress';
import { createRandom } from '@naevus/shared/statistics/random';
import type { TrainableNetwork } from '../../network/trainable-network.ts';
import type { Checkpoint } from '../../run/checkpoint.ts';
import { countStrata } from '../../run/class-prior.ts';
import type { HeadConfig } from '../../run/config/training-config.ts';
import type { ValidationSummary } from '../../run/epoch-record.ts';
import { Adam } from '../optimizer/adam.ts';
import { DivergedError } from '../optimizer/diverged-error.ts';
import { createEpochOrder } from '../sampling/epoch-order.ts';
import { batches } from '../sampling/image-batch.ts';
import type { Features } from '../sampling/pooled-features.ts';
import { smote } from '../sampling/smote.ts';
import { classWeightShare, createClassLoss } from './class-loss.ts';
import { EpochTotals } from './epoch-totals.ts';
import { PhaseHistory } from './phase-history.ts';
import { describeSummary, summarizeValidation } from './validation.ts';

/** What --resume needs of the head phase besides the network's parameters. */
export type HeadState = Pick<Checkpoint, 'step' | 'history' | 'first' | 'second' | 'best'>;

/** Trains the classifier of a network, an epoch at a time, on features taken once. */
export class HeadTrainer {
  readonly history: PhaseHistory;
  readonly #network: TrainableNetwork;
  readonly #config: HeadConfig;
  readonly #seed: number;
  readonly #validation: Features | undefined;
  /** Training images by class and source, before any resampling: class weights and priors are the data's. */
  readonly #counts: readonly (readonly number[])[];
  /** The features that are trained on, interpolated ones among them. */
  readonly #shown: Features;
  readonly #order: ReturnType<typeof createEpochOrder>;
  readonly #loss: ReturnType<typeof createClassLoss>;
  readonly #optimizer: Adam;
  readonly #totalSteps: number;
  readonly #progress: ReturnType<typeof createProgress>;
  #step: number;
  #best: HeadState['best'];

  constructor(
    network: TrainableNetwork,
    features: Features,
    config: HeadConfig,
    seed: number,
    { validation, resumed }: { readonly validation?: Features; readonly resumed?: HeadState },
  ) {
    const { classes } = network.architecture;
    this.#network = network;
    this.#config = config;
    this.#seed = seed;
    this.#validation = validation;
    this.#counts = countStrata(features.strata, classes, features.sources);
    this.#loss = createClassLoss(this.#counts, config);
    const interpolated = config.sampler === 'smote';
    this.#shown = interpolated
      ? smote(features, classes, config.smoteNeighbours, createRandom(seed))
      : features;
    const sampler = config.sampler === 'smote' ? 'natural' : config.sampler;
    this.#order = createEpochOrder(
      this.#shown.strata,
      classes * this.#counts.length,
      sampler,
      seed,
    );
    this.#optimizer = new Adam(
      {
        optimizer: config.optimizer,
        weightDecay: config.weightDecay,
        learningRateFactor: () => 1,
        gradientNorm: Number.POSITIVE_INFINITY,
      },
      resumed && { step: resumed.step, first: resumed.first, second: resumed.second },
    );
    this.history = new PhaseHistory('head', config, resumed?.history ?? []);
    this.#step = resumed?.step ?? 0;
    this.#best = resumed?.best ?? null;
    this.#totalSteps = Math.ceil(this.#order(seed).length / config.batchSize) * config.epochs;
    this.#progress = createProgress('head', this.#totalSteps);
    if (this.#step > 0) this.#progress.advance(this.#step);
  }

  get state(): HeadState {
    const { first, second } = this.#optimizer.state;
    return { step: this.#step, history: this.history.records, first, second, best: this.#best };
  }

  /**
   * Trains and validates one epoch, and records it.
   *
   * @throws DivergedError when the loss is no longer finite
   */
  trainEpoch(): void {
    const epoch = this.history.epochs;
    const totals = new EpochTotals();
    let learningRate = 0;
    for (const indices of batches(this.#order(this.#seed + epoch), this.#config.batchSize)) {
      learningRate = this.#trainStep(indices, totals);
    }
    this.history.add({
      epoch: epoch + 1,
      learningRate,
      totals,
      validation: this.#validation && this.#validate(this.#validation),
    });
    if (this.history.lastIsBest) this.#best = copyOfClassifier(this.#network);
  }

  /** Puts the best classifier back, where early stopping watches. */
  finish(): void {
    for (const [name, values] of this.#best ?? []) {
      this.#network.parameters.get(name).values.set(values);
      this.#network.parameters.changed(name);
    }
    const last = this.history.records.at(-1);
    const summary = last?.validation ? `; ${describeSummary(last.validation)}` : '';
    this.#progress.done(`loss ${last?.loss.toFixed(4)}${summary}`);
  }

  #trainStep(indices: readonly number[], totals: EpochTotals): number {
    const started = performance.now();
    const strata = indices.map((index) => this.#shown.strata[index]!);
    const rows = indices.map((index) => this.#shown.rows[index] ?? new Float32Array());
    let stepLoss = 0;
    const gradients = this.#network.classifierGradients(rows, {
      dropoutRate: this.#config.dropout,
      random: createRandom(this.#seed * 1_000_003 + this.#step),
      lossGradient: (logits) => {
        const weightShare = classWeightShare(this.#config.loss, this.#step, this.#totalSteps);
        const { value, gradient } = this.#loss(logits, strata, weightShare);
        if (!Number.isFinite(value)) {
          throw new DivergedError(`the loss is ${value}`, 'head', this.#step);
        }
        stepLoss = value;
        return gradient;
      },
    });
    const learningRate = this.history.learningRate(this.#step, this.#totalSteps);
    this.#optimizer.update(this.#network.parameters, gradients, learningRate);
    this.#step++;
    totals.add(stepLoss, indices.length, (performance.now() - started) / 1000);
    this.#progress.advance(1);
    return learningRate;
  }

  #validate({ rows, strata }: Features): ValidationSummary {
    const { classes } = this.#network.architecture;
    const logits = this.#network.classifierLogits(rows);
    const byImage = strata.map((_, row) => logits.slice(row * classes, (row + 1) * classes));
    return summarizeValidation(strata, byImage, this.#counts, this.#config);
  }
}

/** The classifier's parameters, in TensorFlow's layout. */
function copyOfClassifier({ parameters }: TrainableNetwork): Map<string, Float32Array> {
  return new Map(parameters.trainable().map(({ spec, values }) => [spec.name, values.slice()]));
}
