import type { Random } from '@naevus/shared/statistics/random';
import type { ImageBatch } from '../../network/trainable-network.ts';

/** What a network is taught by while it is fine-tuned: other networks' answers to the same pictures. */
export interface Teacher {
  /** Names what teaches, for the run's record. */
  readonly name: string;
  /**
   * @param batch as the student sees it, augmented and mixed: [N, 224, 224, 3], 0 to 255
   * @param views looks at each picture, over which the logits are averaged
   * @param random draws the symmetries of the square that the looks are through
   * @returns logits [N, classes], row-major
   */
  logits(batch: ImageBatch, views: number, random: Random): Promise<Float32Array>;
  close(): Promise<void>;
}
