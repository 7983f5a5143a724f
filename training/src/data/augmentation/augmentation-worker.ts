import { workerData } from 'node:worker_threads';
import { createRandom } from '@naevus/shared/statistics/random';
import { answerRequests } from '../../threads/answer-requests.ts';
import { augmentImage } from './augment-image.ts';
import type { Augmentation } from './augmentation-config.ts';
import { recompress } from './jpeg-noise.ts';
import { type BatchMix, mixImages } from './mix-images.ts';

export interface AugmentationWorkerData {
  /** Decoded images one after another, `imageSize * imageSize * 3` bytes each. */
  readonly images: SharedArrayBuffer;
  readonly imageSize: number;
  /** Width over height of each image before it was squashed. */
  readonly aspects: Float32Array;
  readonly augmentation: Augmentation;
}

export interface AugmentationJob {
  /** Positions in the decoded images. */
  readonly indices: readonly number[];
  /** Decides every random choice of the batch. */
  readonly seed: number;
  /** Side of the images wanted. */
  readonly size: number;
  /** Whether strong operations are drawn, where the configuration has them. */
  readonly isStrong: boolean;
  /** How the augmented images are then mixed with one another. */
  readonly mix: BatchMix | null;
}

const { images, imageSize, aspects, augmentation } = workerData as AugmentationWorkerData;

/** The batch: [N, size, size, 3], float32, 0 to 255. */
async function augmentedBatch(job: AugmentationJob): Promise<Float32Array> {
  const { indices, seed, size, isStrong, mix } = job;
  const random = createRandom(seed);
  const bytes = imageSize * imageSize * 3;
  const values = new Float32Array(indices.length * size * size * 3);
  for (const [position, index] of indices.entries()) {
    const data = new Uint8Array(images, index * bytes, bytes);
    const image = { data, size: imageSize, aspect: aspects[index] ?? 1 };
    const offset = position * size * size * 3;
    augmentImage(image, augmentation, random, values, offset, size, isStrong);
    if (augmentation.jpeg > 0 && random.next() < augmentation.jpeg) {
      const [lowest, highest] = augmentation.jpegQuality;
      const quality = lowest + random.integer(highest - lowest + 1);
      await recompress(values.subarray(offset, offset + size * size * 3), size, quality);
    }
  }
  if (mix) mixImages(values, indices.length, size, mix);
  return values;
}

answerRequests(async (job: AugmentationJob) => {
  const reply = await augmentedBatch(job);
  return { reply, transfer: [reply.buffer as ArrayBuffer] };
});
