import { setImmediate } from 'node:timers/promises';
import { createProgress } from '@naevus/shared/progress';
import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import type { ShouldStop } from '../../data/run-stopped.ts';
import type { ImageBatch } from '../../network/trainable-network.ts';

/** Some of the images as they are, as the network's float32 input. */
export function imageBatch(images: LabelledImages, indices: readonly number[]): ImageBatch {
  const bytes = images.size * images.size * 3;
  const values = new Float32Array(indices.length * bytes);
  for (const [position, index] of indices.entries()) {
    values.set(new Uint8Array(images.pixels, index * bytes, bytes), position * bytes);
  }
  return { values, count: indices.length, size: images.size };
}

/** 0 .. count-1 in runs of at most `size`. */
export function batches(indices: readonly number[], size: number): number[][] {
  const result: number[][] = [];
  for (let start = 0; start < indices.length; start += size) {
    result.push(indices.slice(start, start + size));
  }
  return result;
}

/** Images that are run through the network at once where no gradient is wanted. */
const INFERENCE_BATCH = 32;

/**
 * What the network gives for each image, one row each, with progress.
 *
 * @param label names the work for the progress line.
 * @param infer a batch to its values, row-major, as many for each image.
 * @param options.begun rows of an earlier pass that was stopped: it goes on after them.
 * @returns fewer rows than images where it was asked to stop.
 */
export async function inferRows(
  images: LabelledImages,
  label: string,
  infer: (batch: ImageBatch) => Float32Array,
  options: { readonly begun?: readonly Float32Array[]; readonly shouldStop?: ShouldStop } = {},
): Promise<Float32Array[]> {
  const { begun = [], shouldStop = () => false } = options;
  const progress = createProgress(label, images.labels.length);
  const rows = [...begun];
  if (begun.length > 0) progress.advance(begun.length);
  const missing = [...images.labels.keys()].slice(begun.length);
  for (const indices of batches(missing, INFERENCE_BATCH)) {
    // Lets a signal in, which is what sets shouldStop.
    await setImmediate();
    if (shouldStop()) break;
    const values = infer(imageBatch(images, indices));
    const width = values.length / indices.length;
    for (let row = 0; row < indices.length; row++) {
      rows.push(values.slice(row * width, (row + 1) * width));
    }
    progress.advance(indices.length);
  }
  progress.done();
  return rows;
}
