import { bootstrapStatistics } from '../metrics/bootstrap.ts';
import type { SampleWeights } from '../metrics/confusion-matrix.ts';

/** A figure with its 95 % interval; null where it is not defined. */
export interface Measured {
  readonly value: number | null;
  readonly interval: [number, number] | null;
}

/** A share that depends on how lesions were dealt into folds: its mean over many deals, and how far they lie apart. */
export interface MeasuredOverDeals extends Measured {
  readonly deals: {
    readonly count: number;
    /** Of one deal; null where the share is not defined. */
    readonly lowest: number | null;
    readonly highest: number | null;
  };
}

/** What a share is counted on: whether it holds, and of which lesion. */
export interface Trial {
  /** A number: the share of several tries in which it holds. */
  readonly hit: boolean | number;
  /** null: a lesion of its own. */
  readonly lesionId: string | null;
}

/**
 * The share of hits, with a percentile bootstrap interval over lesions: images of one lesion are drawn
 * together (Efron, Tibshirani 1993, section 13.3).
 */
export function measuredShare(trials: readonly Trial[], seed: number): Measured {
  const shareOf = (weights: SampleWeights): number => {
    let [hits, images] = [0, 0];
    for (const [i, { hit }] of trials.entries()) {
      hits += Number(hit) * weights[i]!;
      images += weights[i]!;
    }
    return hits / images;
  };
  if (trials.length === 0) return { value: null, interval: null };
  const { share } = bootstrapStatistics(trials.length, (weights) => ({ share: shareOf(weights) }), {
    seed,
    groups: trials.map(({ lesionId }) => lesionId),
  });
  return { value: shareOf(trials.map(() => 1)), interval: [share.low!, share.high!] };
}
