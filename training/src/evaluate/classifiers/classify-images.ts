import { createProgress } from '@naevus/shared/progress';
import type { UnreadableImage } from '../../data/load/data-error.ts';
import type { ImageFile } from '../../data/load/dataset.ts';
import { mapConcurrently } from '../../data/map-concurrently.ts';
import { NETWORK_WORKERS } from './network-workers.ts';

export interface Classified<I, T> {
  readonly results: readonly { readonly image: I; readonly result: T }[];
  readonly unreadable: readonly UnreadableImage[];
}

/** Images under way at once: some that are classified, and the next that are decoded, by threads of their own. */
const UNDER_WAY = NETWORK_WORKERS + 4;

/**
 * Prepares and classifies images, several at once; the results are in the order of the images.
 *
 * @param prepare path to what is classified, as a rule the network's input; a failure of its own makes the image
 *   unreadable, and the others go on
 * @param classify what to do with a prepared picture, and its place among the images, which it need not come in the
 *   order of; a failure ends it all
 */
export async function classifyImages<I extends ImageFile, P, T>(
  images: readonly I[],
  prepare: (path: string) => Promise<P>,
  classify: (picture: P, index: number) => Promise<T>,
): Promise<Classified<I, T>> {
  const results: { image: I; result: T }[] = [];
  const unreadable: UnreadableImage[] = [];
  const progress = createProgress('classifying', images.length);
  const outcomes = await mapConcurrently(images, UNDER_WAY, async ({ path }, index) => {
    const prepared = await prepare(path).then(
      (picture) => ({ picture }),
      (error: unknown) => ({ reason: error instanceof Error ? error.message : String(error) }),
    );
    const outcome =
      'picture' in prepared ? { result: await classify(prepared.picture, index) } : prepared;
    progress.advance(1);
    return outcome;
  });
  progress.done();
  for (const [index, image] of images.entries()) {
    const outcome = outcomes[index]!;
    if ('result' in outcome) results.push({ image, result: outcome.result });
    else unreadable.push({ imageId: image.imageId, path: image.path, reason: outcome.reason });
  }
  return { results, unreadable };
}

/**
 * Prepares and classifies images that must all be readable, because training read every one of them: a figure
 * must not silently leave some out.
 *
 * @returns one result an image, in their order
 * @throws Error that counts the images that cannot be read, and names one
 */
export async function classifyAll<I extends ImageFile, P, T>(
  images: readonly I[],
  prepare: (path: string) => Promise<P>,
  classify: (picture: P, index: number) => Promise<T>,
): Promise<T[]> {
  const { results, unreadable } = await classifyImages(images, prepare, classify);
  const [first] = unreadable;
  if (!first) return results.map(({ result }) => result);
  throw new Error(
    `${unreadable.length} of the run's images cannot be read, ${first.path} among them: ${first.reason}`,
  );
}
