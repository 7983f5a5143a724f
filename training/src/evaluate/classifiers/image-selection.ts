import { pickSamples } from '../../data/split/pick-samples.ts';

/** Image ids, one a line; blank lines, and a first line `image_id`, are skipped. */
export function parseImageIds(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line, i) => line !== '' && !(i === 0 && line.toLowerCase() === 'image_id'));
}

/**
 * The images of the ids, each once and in the images' order.
 *
 * @param origin where the ids are from, for the error
 * @throws Error that counts and names ids without an image, or says that there is no id
 */
export function selectImages<I extends { readonly imageId: string }>(
  images: readonly I[],
  ids: readonly string[],
  origin: string,
): I[] {
  if (ids.length === 0) throw new Error(`${origin} names no image`);
  const selected = new Set(pickSamples(images, ids, origin));
  return images.filter((image) => selected.has(image));
}
