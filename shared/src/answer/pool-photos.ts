import { softmax } from './probabilities.ts';

/**
 * Ways to make the scores of one lesion out of those of its photos:
 * - `mean-logit`: the mean of the logarithms of the scores, that is of the calibrated logits;
 * - `mean-probability`: the mean of the scores;
 * - `sharpness-weighted-logit`: as the first, each photo weighted by its sharpness;
 * - `closeness-weighted-logit`: as the first, each photo weighted by 1 / its distance from the training images.
 */
export const POOLINGS = [
  'mean-logit',
  'mean-probability',
  'sharpness-weighted-logit',
  'closeness-weighted-logit',
] as const;

export type Pooling = (typeof POOLINGS)[number];

/** One photo of a lesion. */
export interface PooledPhoto {
  /** One a label, in the order of the outputs; they sum to 1. */
  readonly scores: readonly number[];
  /** As `measureQuality` gives it; not needed where all photos weigh the same. */
  readonly sharpness?: number | undefined;
  /** As `residualDistance` gives it; not needed where all photos weigh the same. */
  readonly distance?: number | undefined;
}

/** Added to what a weight is made of, so that no photo has all the weight because another has 0. */
const SMALLEST = 1e-6;

/**
 * How much each photo counts.
 *
 * @param photos at least one
 * @returns as many shares, which sum to 1
 * @throws Error when a photo lacks what it is weighted by
 */
export function photoWeights(photos: readonly PooledPhoto[], pooling: Pooling): number[] {
  const raw = photos.map((photo) => rawWeight(photo, pooling));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

function rawWeight({ sharpness, distance }: PooledPhoto, pooling: Pooling): number {
  if (pooling === 'mean-logit' || pooling === 'mean-probability') return 1;
  const measure = pooling === 'sharpness-weighted-logit' ? sharpness : distance;
  if (measure === undefined) throw new Error(`a photo has nothing to be weighted by ${pooling}`);
  return pooling === 'sharpness-weighted-logit' ? measure + SMALLEST : 1 / (measure + SMALLEST);
}

/**
 * The scores of a lesion out of those of its photos. One photo keeps its own, whatever the pooling.
 *
 * @param photos at least one
 * @param temperature what the logarithms of the pooled scores are divided by
 * @returns as many scores, which sum to 1
 */
export function poolPhotos(
  photos: readonly PooledPhoto[],
  pooling: Pooling,
  temperature = 1,
): number[] {
  const [first] = photos;
  if (photos.length === 1) return [...first!.scores];
  const weights = photoWeights(photos, pooling);
  const pooled = first!.scores.map((_, k) => {
    let sum = 0;
    for (const [i, { scores }] of photos.entries()) {
      const score = scores[k]!;
      sum += weights[i]! * (pooling === 'mean-probability' ? score : logarithm(score));
    }
    return pooling === 'mean-probability' ? logarithm(sum) : sum;
  });
  return softmax(pooled.map((value) => value / temperature));
}

/** A score may be so small that it is 0. */
function logarithm(score: number): number {
  return Math.log(Math.max(score, Number.MIN_VALUE));
}
