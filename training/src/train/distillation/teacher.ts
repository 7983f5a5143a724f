import type { Random } from '@naevus/shared/statistics/random';
import type { BatchMix } from '../../data/augmentation/mix-images.ts';
import type { ImageBatch } from '../../network/trainable-network.ts';

/** The teacher of knowledge distillation: other networks' answers to the images that fine-tuning shows. */
export interface Teacher {
  /** Names of the networks, for the run's record. */
  readonly name: string;
  /**
   * @param batch as the student sees it, augmented and mixed: [N, 224, 224, 3], 0 to 255
   * @param views number of symmetric views of each image, over which the logits are averaged
   * @param random draws the symmetries of the square
   * @param shown which training images the batch was made of
   * @returns logits [N, classes], row-major
   */
  logits(
    batch: ImageBatch,
    views: number,
    random: Random,
    shown: ShownImages,
  ): Promise<Float32Array>;
  close(): Promise<void>;
}

/** What a batch was made of. */
export interface ShownImages {
  /** Of each image among the training images, in the split's order. */
  readonly indices: readonly number[];
  /** How they were mixed with one another, or null where they were not. */
  readonly mix: BatchMix | null;
}
