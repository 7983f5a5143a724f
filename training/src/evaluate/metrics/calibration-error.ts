import type { SampleWeights } from './confusion-matrix.ts';
import { topClass } from './labelled-probabilities.ts';

/** Bins that this project's expected calibration error always has. */
export const CALIBRATION_BINS = 15;

/** Samples whose top score is in (lower, upper]; the first bin holds 0 as well. */
export interface CalibrationBin {
  readonly lower: number;
  readonly upper: number;
  readonly samples: number;
  /** Mean top score; null where the bin is empty. */
  readonly confidence: number | null;
  /** Share of samples whose top class is right; null where the bin is empty. */
  readonly accuracy: number | null;
}

export interface Calibration {
  /** Mean over samples of |accuracy - confidence| of their bin, in 0 .. 1. */
  readonly expectedCalibrationError: number;
  /** What a reliability diagram shows. */
  readonly bins: readonly CalibrationBin[];
}

/**
 * Expected calibration error of the top score over equal-width bins (Naeini et al. 2015;
 * Guo et al. 2017, "On calibration of modern neural networks", equation 3).
 * Of the class with the highest score, whatever was decided in the end.
 */
export function calibration(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
  weights?: SampleWeights,
): Calibration {
  const sums = Array.from({ length: CALIBRATION_BINS }, () => ({ n: 0, score: 0, right: 0 }));
  let total = 0;
  for (const [i, scores] of probabilities.entries()) {
    const weight = weights === undefined ? 1 : weights[i]!;
    const top = topClass(scores);
    const bin = sums[binOf(scores[top]!)]!;
    bin.n += weight;
    bin.score += weight * scores[top]!;
    if (top === truth[i]) bin.right += weight;
    total += weight;
  }
  return {
    expectedCalibrationError:
      sums.reduce((error, { score, right }) => error + Math.abs(right - score), 0) / total,
    bins: sums.map(({ n, score, right }, bin) => ({
      lower: bin / CALIBRATION_BINS,
      upper: (bin + 1) / CALIBRATION_BINS,
      samples: n,
      confidence: n === 0 ? null : score / n,
      accuracy: n === 0 ? null : right / n,
    })),
  };
}

function binOf(score: number): number {
  let bin = Math.min(Math.max(Math.ceil(score * CALIBRATION_BINS) - 1, 0), CALIBRATION_BINS - 1);
  // The product may round across an edge that the score itself does not cross.
  if (bin > 0 && score <= bin / CALIBRATION_BINS) bin--;
  else if (score > (bin + 1) / CALIBRATION_BINS && bin < CALIBRATION_BINS - 1) bin++;
  return bin;
}
