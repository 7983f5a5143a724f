import type { Dataset, Sample } from '../load/dataset.ts';
import type { Split } from './split-schema.ts';

/** Images that an error names; the others it counts. */
const NAMED_IMAGES = 5;

/** The images of the two sides of a split. */
export interface SplitSamples {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
}

/**
 * The images of a split, each side in the split's order.
 *
 * @throws Error when the split names an image that the data set lacks
 */
export function pickSplit(dataset: Pick<Dataset, 'samples'>, split: Split): SplitSamples {
  const pick = (ids: readonly string[]) => pickSamples(dataset.samples, ids, 'the split');
  return { train: pick(split.train), validation: pick(split.validation) };
}

/**
 * The images of some ids, in the ids' order.
 *
 * @param origin where the ids are from, for the error
 * @throws Error that counts and names ids without an image
 */
export function pickSamples<I extends { readonly imageId: string }>(
  samples: readonly I[],
  ids: readonly string[],
  origin: string,
): I[] {
  const sampleOf = new Map(samples.map((sample) => [sample.imageId, sample]));
  const missing = ids.filter((id) => !sampleOf.has(id));
  if (missing.length > 0) {
    const more = missing.length > NAMED_IMAGES ? ', ...' : '';
    throw new Error(
      `${origin} names ${missing.length} images that the data lack: ${missing.slice(0, NAMED_IMAGES).join(', ')}${more}`,
    );
  }
  return ids.map((id) => sampleOf.get(id)!);
}
