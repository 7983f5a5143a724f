import type { Resampler } from '@naevus/shared/image/resampler';
import { digest } from '../json-digest.ts';
import type { Dataset } from '../load/dataset.ts';
import type { ShouldStop } from '../run-stopped.ts';
import { pickSplit, type SplitSamples } from '../split/pick-samples.ts';
import type { Split } from '../split/split-schema.ts';
import { decodeImages, type LabelledImages } from './labelled-images.ts';
import { sourceNames } from './strata.ts';

export interface SplitSource {
  readonly dataset: Dataset;
  readonly split: Split;
  readonly resampler: Resampler;
  readonly cacheDirectory: string;
}

/** The two sides of a split with their decoded images. */
export interface LoadedSplit extends SplitSamples {
  /** Names of the sources, the home source first. */
  readonly sources: readonly string[];
  /**
   * @param size side of the square that the images are squashed to, in pixels.
   * @param crop share of each side that is shown, in the middle of the picture; by default all of it.
   */
  decode(side: 'train' | 'validation', size: number, crop?: number): Promise<LabelledImages>;
}

/**
 * @param source.cacheDirectory decoded images are kept there, under names that hold the data's digest.
 * @throws Error when the split names an image that the data lack.
 */
export function loadSplit(
  { dataset, split, resampler, cacheDirectory }: SplitSource,
  shouldStop?: ShouldStop,
): LoadedSplit {
  const sides = pickSplit(dataset, split);
  const sources = sourceNames(dataset.sources);
  return {
    ...sides,
    sources,
    decode(side, size, crop = 1) {
      const ids = sides[side].map(({ imageId }) => imageId);
      const content = digest({ data: dataset.dataSha256, ids }).slice(0, 16);
      const suffix = crop === 1 ? '' : `-crop${crop}`;
      const cache = { directory: cacheDirectory, key: `${side}-${content}${suffix}` };
      return decodeImages(sides[side], { size, crop, sources }, resampler, cache, shouldStop);
    },
  };
}
