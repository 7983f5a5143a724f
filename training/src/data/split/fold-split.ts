import type { Dataset } from '../load/dataset.ts';
import type { Fingerprints } from './fingerprint.ts';
import { groupSamples } from './sample-groups.ts';
import { bySource, describe, divide } from './split.ts';
import type { Split } from './split-schema.ts';

/** One of the folds that the training images of a split are dealt into. */
export interface Fold {
  /** From 1 on. */
  readonly number: number;
  /** How many there are: at least 2. */
  readonly of: number;
}

/**
 * The split of a cross-fitted member: it validates on one fold of another split's training images and trains on the
 * others. Lesions and photographs stay whole, sources and classes are dealt evenly, by the split's own seed, so that
 * the members of all folds together leave out every training image once. What the other split validates on is on
 * neither side.
 *
 * @throws RangeError when there are too few groups of images for so many folds
 */
export function foldSplit(
  dataset: Dataset,
  fingerprints: Fingerprints,
  split: Split,
  { number, of }: Fold,
): Split {
  const grouping = groupSamples(dataset.samples, fingerprints);
  const trained = new Set(split.train);
  const groups = grouping.groups.filter(({ samples }) =>
    samples.every(({ imageId }) => trained.has(imageId)),
  );
  const folds = Array.from({ length: of }, () => [] as (typeof groups)[0]['samples'][0][]);
  for (const own of bySource(groups).values()) {
    const parts = divide(own, new Array<number>(of).fill(1 / of), split.seed);
    for (const [i, samples] of parts.entries()) folds[i]!.push(...samples);
  }
  const left = folds[number - 1]!;
  const others = folds.flatMap((samples, i) => (i === number - 1 ? [] : samples));
  return describe(dataset, grouping, split.seed, others, left);
}

/**
 * Reads `2/5`.
 *
 * @throws Error when it is no fold
 */
export function readFold(text: string): Fold {
  const [number = Number.NaN, of = Number.NaN] = (/^\d+\/\d+$/.test(text) ? text : '')
    .split('/')
    .map(Number);
  if (number >= 1 && of >= 2 && number <= of) return { number, of };
  throw new Error(`--fold ${text} is not as 2/5: the number of a fold, and how many there are`);
}
