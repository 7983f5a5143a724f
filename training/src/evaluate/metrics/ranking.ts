import type { SampleWeights } from './confusion-matrix.ts';

/** Samples in descending order of one class's score, sorted once for all that is computed from it. */
export interface Ranking {
  /** Sample indices, the highest score first. */
  readonly order: Uint32Array;
  /** Scores in that order. */
  readonly scores: Float64Array;
  /** In that order: 1 where the sample is of the class. */
  readonly positive: Uint8Array;
}

/** Ranks all samples by `score(i)` for telling `classIndex` from the rest. */
export function rankSamples(
  truth: readonly number[],
  score: (sample: number) => number,
  classIndex: number,
): Ranking {
  const unsorted = Float64Array.from(truth, (_, i) => score(i));
  const order = Uint32Array.from(truth, (_, i) => i).sort((a, b) => unsorted[b]! - unsorted[a]!);
  return {
    order,
    scores: Float64Array.from(order, (i) => unsorted[i]!),
    positive: Uint8Array.from(order, (i) => (truth[i] === classIndex ? 1 : 0)),
  };
}

/**
 * Calls `visit` once for each distinct score, highest first, with the samples at or above it:
 * samples of one score cannot be told apart, so no threshold lies between them.
 * Scores that only samples of weight 0 have are passed over.
 */
export function visitThresholds(
  ranking: Ranking,
  weights: SampleWeights | undefined,
  visit: (truePositives: number, falsePositives: number, threshold: number) => void,
): void {
  const { order, scores, positive } = ranking;
  let truePositives = 0;
  let falsePositives = 0;
  let added = 0;
  for (let i = 0; i < order.length; i++) {
    const weight = weights === undefined ? 1 : weights[order[i]!]!;
    if (positive[i] === 1) truePositives += weight;
    else falsePositives += weight;
    added += weight;
    if (i + 1 < order.length && scores[i + 1] === scores[i]) continue;
    if (added === 0) continue;
    visit(truePositives, falsePositives, scores[i]!);
    added = 0;
  }
}
