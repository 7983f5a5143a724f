import { createProgress } from '../data/progress.ts';
import type { ImageBatch } from '../network/trainable-network.ts';
import type { LabelledImages } from './labelled-images.ts';

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
 */
export function inferRows(
  images: LabelledImages,
  label: string,
  infer: (batch: ImageBatch) => Float32Array,
): Float32Array[] {
  const progress = createProgress(label, images.labels.length);
  const rows: Float32Array[] = [];
  for (const indices of batches([...images.labels.keys()], INFERENCE_BATCH)) {
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
