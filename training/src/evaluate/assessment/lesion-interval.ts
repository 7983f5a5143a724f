import { createRandom } from '@naevus/shared/statistics/random';

/** A figure with its 95 % interval; null where it is not defined. */
export interface Measured {
  readonly value: number | null;
  readonly interval: [number, number] | null;
}

const RESAMPLES = 1000;
const TAIL = 0.025;

/** What a share is counted on: whether it holds, and of which lesion. */
export interface Trial {
  readonly hit: boolean;
  /** null: a lesion of its own. */
  readonly lesionId: string | null;
}

/**
 * The share of hits, with a percentile bootstrap interval over lesions: images of one lesion are drawn
 * together (Efron, Tibshirani 1993, section 13.3).
 */
export function measuredShare(trials: readonly Trial[], seed: number): Measured {
  if (trials.length === 0) return { value: null, interval: null };
  const byLesion = new Map<string, { hits: number; images: number }>();
  for (const [i, { hit, lesionId }] of trials.entries()) {
    const key = lesionId ?? ` ${i}`;
    const lesion = byLesion.get(key) ?? { hits: 0, images: 0 };
    lesion.hits += hit ? 1 : 0;
    lesion.images++;
    byLesion.set(key, lesion);
  }
  const lesions = [...byLesion.values()];
  const random = createRandom(seed);
  const shares = Float64Array.from({ length: RESAMPLES }, () => {
    let [hits, images] = [0, 0];
    for (let i = 0; i < lesions.length; i++) {
      const lesion = lesions[random.integer(lesions.length)]!;
      hits += lesion.hits;
      images += lesion.images;
    }
    return hits / images;
  }).sort();
  const at = (q: number) => shares[Math.round(q * (RESAMPLES - 1))]!;
  return {
    value: trials.reduce((sum, { hit }) => sum + (hit ? 1 : 0), 0) / trials.length,
    interval: [at(TAIL), at(1 - TAIL)],
  };
}
