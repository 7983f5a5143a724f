import { setImmediate } from 'node:timers/promises';
import { RunStopped, type ShouldStop } from '../../data/run-stopped.ts';
import type { TrainableNetwork } from '../../network/trainable-network.ts';
import type { HeadConfig } from '../../run/config/training-config.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';
import type { Features } from '../sampling/pooled-features.ts';
import { type HeadState, HeadTrainer } from './head-trainer.ts';

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
  const { save = async () => {}, shouldStop = () => false } = options;
  if (watchesValidation(config) && !options.validation) {
    throw new Error(
      'early stopping and the plateau schedule need the features of validation images',
    );
  }
  const trainer = new HeadTrainer(network, features, config, seed, options);
  const { history } = trainer;
  let lastSave = performance.now();
  while (history.epochs < config.epochs && !history.isStopped) {
    trainer.trainEpoch();
    // Lets a signal in, which is what sets shouldStop.
    await setImmediate();
    const stop = shouldStop();
    if (stop || (performance.now() - lastSave) / 60_000 >= config.checkpointMinutes) {
      await save(trainer.state);
      lastSave = performance.now();
    }
    if (stop) throw new RunStopped(`the head phase after epoch ${history.epochs}`);
  }
  await save(trainer.state);
  trainer.finish();
  return history.records;
}
