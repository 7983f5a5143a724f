import { createProgress } from '@naevus/shared/progress';
import type { PrepareImage } from '../../data/decode/prepare-image.ts';
import type { UnreadableImage } from '../../data/load/data-error.ts';
import type { ImageFile } from '../../data/load/image-files.ts';

export interface Classified<I, T> {
  readonly results: readonly { readonly image: I; readonly result: T }[];
  readonly unreadable: readonly UnreadableImage[];
}

/** Images that are being decoded while one is classified: decoding has threads of its own. */
const DECODED_AHEAD = 4;

/**
 * Prepares and classifies images in their order.
 *
 * @param prepare path to the network's input, 224 * 224 * 3 RGB bytes; a failure of its own makes the image
 *   unreadable, and the others go on
 * @param classify what to do with a prepared picture; a failure ends it all
 */
export async function classifyImages<I extends ImageFile, T>(
  images: readonly I[],
  prepare: PrepareImage,
  classify: (rgb: Uint8Array) => Promise<T>,
): Promise<Classified<I, T>> {
  type Prepared = { readonly rgb: Uint8Array } | { readonly reason: string };
  const begin = ({ path }: I): Promise<Prepared> =>
    prepare(path).then(
      (rgb) => ({ rgb }),
      (error: unknown) => ({ reason: error instanceof Error ? error.message : String(error) }),
    );
  const results: { image: I; result: T }[] = [];
  const unreadable: UnreadableImage[] = [];
  const progress = createProgress('classifying', images.length);
  const begun = images.slice(0, DECODED_AHEAD).map(begin);
  for (const [index, image] of images.entries()) {
    const prepared = await begun.shift()!;
    const next = images[index + DECODED_AHEAD];
    if (next) begun.push(begin(next));
    if ('rgb' in prepared) results.push({ image, result: await classify(prepared.rgb) });
    else unreadable.push({ imageId: image.imageId, path: image.path, reason: prepared.reason });
    progress.advance(1);
  }
  progress.done();
  return { results, unreadable };
}

/**
 * Prepares and classifies images that must all be readable, because training read every one of them: a figure
 * must not silently leave some out.
 *
 * @returns one result an image, in their order
 * @throws Error that counts the images that cannot be read, and names one
 */
export async function classifyAll<I extends ImageFile, T>(
  images: readonly I[],
  prepare: PrepareImage,
  classify: (rgb: Uint8Array) => Promise<T>,
): Promise<T[]> {
  const { results, unreadable } = await classifyImages(images, prepare, classify);
  const [first] = unreadable;
  if (!first) return results.map(({ result }) => result);
  throw new Error(
    `${unreadable.length} of the run's images cannot be read, ${first.path} among them: ${first.reason}`,
  );
}
