/** Ways to say how badly a class fits the scores. */
export const CONFORMITY_SCORES = ['lac', 'raps'] as const;

export type ConformityScore = (typeof CONFORMITY_SCORES)[number];

/** The coverages that quantiles are kept of: 0.80, 0.81 ... 0.99. */
export const COVERAGES: readonly number[] = Array.from({ length: 20 }, (_, i) => (80 + i) / 100);

export const DEFAULT_COVERAGE = 0.9;

/** RAPS: ranks up to this one cost nothing, each further one {@link RAPS_PENALTY}. */
export const RAPS_FREE_RANKS = 2;
export const RAPS_PENALTY = 0.1;

/** One quantile a class, in the order of the outputs. */
export type ClassQuantiles = readonly number[];

/**
 * How badly each class fits; the higher the worse.
 *
 * - `lac`: 1 - score (Sadinle, Lei, Wasserman 2019, "Least Ambiguous Set-Valued Classifiers").
 * - `raps`: the scores of the classes above it, half of its own, and a penalty for each rank beyond the
 *   second (Angelopoulos et al. 2021, "Uncertainty Sets for Image Classifiers using Conformal Prediction",
 *   equation 4). Half stands where the paper draws at random: one image, one answer.
 *
 * @param scores one a label, that sum to 1
 */
export function nonconformity(scores: readonly number[], kind: ConformityScore): number[] {
  if (kind === 'lac') return scores.map((score) => 1 - score);
  const order = scores.map((_, k) => k).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const result = new Array<number>(scores.length);
  let above = 0;
  for (const [rank, k] of order.entries()) {
    const score = scores[k]!;
    result[k] = above + score / 2 + RAPS_PENALTY * Math.max(0, rank + 1 - RAPS_FREE_RANKS);
    above += score;
  }
  return result;
}

/** The classes that cannot be excluded. */
export interface ConformalSet {
  /** Positions in the output vector, ascending; never empty. */
  readonly classes: number[];
  /** Whether a class fits by its quantile; without one the image is unusual for each class. */
  readonly typical: boolean;
}

/**
 * The classes that cannot be excluded: those that fit no worse than the given share of images of that class
 * does, and always the class with the highest score, so that no answer excludes what it puts first. By that the
 * set covers at least as many images of each class as by the quantiles alone.
 *
 * @param scores of the prior that the quantiles were fitted with
 */
export function conformalSet(
  scores: readonly number[],
  kind: ConformityScore,
  quantiles: ClassQuantiles,
): ConformalSet {
  const misfit = nonconformity(scores, kind);
  const fits = misfit.map((value, k) => value <= quantiles[k]!);
  const top = scores.indexOf(Math.max(...scores));
  const classes = fits.flatMap((fit, k) => (fit || k === top ? [k] : []));
  return { classes, typical: fits.includes(true) };
}

/**
 * Quantile of one class for class-conditional coverage: the ⌈(n + 1) · coverage⌉-th smallest of its
 * images' nonconformities (Vovk 2012, "Conditional validity of inductive conformal predictors", section 4).
 * Infinity where there are too few images for that coverage: the class is then never excluded.
 *
 * @param misfits in ascending order
 */
export function conformalQuantile(misfits: readonly number[], coverage: number): number {
  // The product of two decimals may lie a hair above the whole number that it is.
  const rank = Math.ceil((misfits.length + 1) * coverage - 1e-9);
  if (rank > misfits.length) return Number.POSITIVE_INFINITY;
  return misfits[rank - 1]!;
}
