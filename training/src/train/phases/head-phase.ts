import { setImmediate } from 'node:timers/promises';
import { createProgress } from '@naevus/shared/progress';
import { createRandom } from '@naevus/shared/statistics/random';
import { RunStopped, type ShouldStop } from '../../data/run-stopped.ts';
import type { TrainableNetwork } from '../../network/trainable-network.ts';
import type { Checkpoint } from '../../run/checkpoint.ts';
import { countStrata } from '../../run/class-prior.ts';
import type { HeadConfig } from '../../run/config/training-config.ts';
import type { EpochRecord, ValidationSummary } from '../../run/epoch-record.ts';
import { Adam } from '../optimizer/adam.ts';
import { DivergedError } from '../optimizer/diverged-error.ts';
import { createEpochOrder } from '../sampling/epoch-order.ts';
import { batches } from '../sampling/image-batch.ts';
import type { Features } from '../sampling/pooled-features.ts';
import { smote } from '../sampling/smote.ts';
import { createClassLoss } from './class-loss.ts';
import { EpochTotals } from './epoch-totals.ts';
import { PhaseHistory } from './phase-history.ts';
import { describeSummary, summarizeValidation } from './validation.ts';

/** What --resume needs of the head phase besides the network's parameters. */
export type HeadState = Pick<Checkpoint, 'step' | 'history' | 'first' | 'second' | 'best'>;

export interface HeadOptions {
  /** Features of the validation images; validated on after each epoch where they are given. */
  readonly validation?: Features;
  readonly resumed?: HeadState;
  /** Keeps a state: now and then at the end of an epoch, before a stop, and at the end. */
  readonly save?: (state: HeadState) => Promise<void>;
  readonly shouldStop?: ShouldStop;
}

/** Whether the head phase cannot do without validation features. */
export function watchesValidation({ schedule, earlyStopping }: HeadConfig): boolean {
  return schedule === 'plateau' || earlyStopping !== null;
}

/**
 * Trains the classifier alone on features taken once; the network's classifier is changed in place, to the
 * best one where early stopping watches, else to the last.
 *
 * @param features of training images; what is oversampled or interpolated is among them.
 * @throws DivergedError when the loss is no longer finite; RunStopped when it was asked to stop, at the end
 *   of the epoch at the latest.
 */
export async function trainHead(
  network: TrainableNetwork,
  features: Features,
  config: HeadConfig,
  seed: number,
  options: HeadOptions = {},
): Promise<EpochRecord[]> {
  const { validation, resumed, save = async () => {}, shouldStop = () => false } = options;
  if (watchesValidation(config) && !validation) {
    throw new Error(
      'early stopping and the plateau schedule need the features of validation images',
    );
  }
  const { classes } = network.architecture;
  // Before any resampling: class weights and priors are the data's.
  const counts = countStrata(features.strata, classes, features.sources);
  const strata = classes * counts.length;
  const loss = createClassLoss(counts, config);
  const shown =
    config.sampler === 'smote'
      ? smote(features, classes, config.smoteNeighbours, createRandom(seed))
      : features;
  const sampler = config.sampler === 'smote' ? 'natural' : config.sampler;
  const order = createEpochOrder(shown.strata, strata, sampler, seed);
  const optimizer = new Adam(
    {
      optimizer: config.optimizer,
      weightDecay: config.weightDecay,
      learningRateFactor: () => 1,
      gradientNorm: Number.POSITIVE_INFINITY,
    },
    resumed && { step: resumed.step, first: resumed.first, second: resumed.second },
  );
  const history = new PhaseHistory('head', config, resumed?.history ?? []);
  let step = resumed?.step ?? 0;
  let best = resumed?.best ?? null;
  const stepsPerEpoch = Math.ceil(order(seed).length / config.batchSize);
  const totalSteps = stepsPerEpoch * config.epochs;
  const progress = createProgress('head', totalSteps);
  if (step > 0) progress.advance(step);
  let lastSave = performance.now();
  const saveState = async () => {
    const { first, second } = optimizer.state;
    await save({ step, history: history.records, first, second, best });
    lastSave = performance.now();
  };

  const trainStep = (indices: readonly number[], totals: EpochTotals): number => {
    const started = performance.now();
    const shownStrata = indices.map((index) => shown.strata[index]!);
    const rows = indices.map((index) => shown.rows[index] ?? new Float32Array());
    let stepLoss = 0;
    const gradients = network.classifierGradients(rows, {
      dropoutRate: config.dropout,
      random: createRandom(seed * 1_000_003 + step),
      lossGradient: (logits) => {
        const { value, gradient } = loss(logits, shownStrata);
        if (!Number.isFinite(value)) throw new DivergedError(`the loss is ${value}`, 'head', step);
        stepLoss = value;
        return gradient;
      },
    });
    const learningRate = history.learningRate(step, totalSteps);
    optimizer.update(network.parameters, gradients, learningRate);
    step++;
    totals.add(stepLoss, indices.length, (performance.now() - started) / 1000);
    progress.advance(1);
    return learningRate;
  };
  while (history.epochs < config.epochs && !history.isStopped) {
    const epoch = history.epochs;
    const totals = new EpochTotals();
    let learningRate = 0;
    for (const indices of batches(order(seed + epoch), config.batchSize)) {
      learningRate = trainStep(indices, totals);
    }
    history.add({
      epoch: epoch + 1,
      learningRate,
      totals,
      validation: validation && summarize(network, validation, counts, config),
    });
    if (history.lastIsBest) best = classifierOf(network);
    // Lets a signal in, which is what sets shouldStop.
    await setImmediate();
    const stop = shouldStop();
    if (stop || (performance.now() - lastSave) / 60_000 >= config.checkpointMinutes) {
      await saveState();
    }
    if (stop) throw new RunStopped(`the head phase after epoch ${history.epochs}`);
  }
  await saveState();
  for (const [name, values] of best ?? []) {
    network.parameters.get(name).values.set(values);
    network.parameters.changed(name);
  }
  const last = history.records.at(-1);
  progress.done(
    `loss ${last?.loss.toFixed(4)}${last?.validation ? `; ${describeSummary(last.validation)}` : ''}`,
  );
  return history.records;
}

function summarize(
  network: TrainableNetwork,
  { rows, strata }: Features,
  counts: readonly (readonly number[])[],
  config: HeadConfig,
): ValidationSummary {
  const { classes } = network.architecture;
  const logits = network.classifierLogits(rows);
  const byImage = strata.map((_, row) => logits.slice(row * classes, (row + 1) * classes));
  return summarizeValidation(strata, byImage, counts, config);
}

/** A copy of the classifier's parameters, TensorFlow's layout. */
function classifierOf({ parameters }: TrainableNetwork): Map<string, Float32Array> {
  return new Map(parameters.trainable().map(({ spec, values }) => [spec.name, values.slice()]));
}
