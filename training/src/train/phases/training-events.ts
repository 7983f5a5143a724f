import { loadTfjsNode } from '../../network/engine/tensorflow.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';

/** Where a training tells how it goes, while it goes. */
export interface TrainingEvents {
  /** After each step of fine-tuning; its mean loss. */
  step(
    step: number,
    values: {
      readonly loss: number;
      readonly learningRate: number;
      readonly imagesPerSecond: number;
    },
  ): void;
  /** After each epoch. */
  epoch(record: EpochRecord, step: number): void;
}

/**
 * Writes TensorBoard's event files, by TensorFlow's own writer: look at them while the training runs with
 * `tensorboard --logdir`. A resumed run adds a file, which TensorBoard lays over the others by step.
 */
export function openTrainingEvents(folder: string): TrainingEvents {
  const writer = loadTfjsNode().node.summaryFileWriter(folder);
  return {
    step(step, { loss, learningRate, imagesPerSecond }) {
      writer.scalar('step/loss', loss, step);
      writer.scalar('step/learning rate', learningRate, step);
      writer.scalar('step/images per second', imagesPerSecond, step);
    },
    epoch({ phase, loss, validation }, step) {
      writer.scalar(`${phase}/loss`, loss, step);
      for (const [name, value] of Object.entries(validation ?? {})) {
        if (Number.isFinite(value)) writer.scalar(`${phase} validation/${name}`, value, step);
      }
      writer.flush();
    },
  };
}
