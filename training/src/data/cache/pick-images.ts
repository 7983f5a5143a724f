import type { LabelledImages } from './labelled-images.ts';

/** Some of the images, in the order of the indices: a copy. */
export function pickImages(images: LabelledImages, indices: readonly number[]): LabelledImages {
  const { size } = images;
  const bytes = size * size * 3;
  const pixels = new SharedArrayBuffer(indices.length * bytes);
  for (const [position, index] of indices.entries()) {
    new Uint8Array(pixels, position * bytes, bytes).set(
      new Uint8Array(images.pixels, index * bytes, bytes),
    );
  }
  const aspects = new Float32Array(new SharedArrayBuffer(indices.length * 4));
  aspects.set(indices.map((index) => images.aspects[index]!));
  return {
    imageIds: indices.map((index) => images.imageIds[index]!),
    labels: indices.map((index) => images.labels[index]!),
    strata: indices.map((index) => images.strata[index]!),
    sources: images.sources,
    pixels,
    size,
    aspects,
  };
}
