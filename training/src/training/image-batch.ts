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
