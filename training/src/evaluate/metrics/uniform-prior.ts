import { labels } from '../../taxonomy/current.ts';

/** Scores as they were if every class were equally likely: each divided by its prior (Bayes' rule), to sum 1. */
export function underUniformPrior(
  scores: readonly number[],
  prior: Readonly<Record<string, number>>,
): number[] {
  const names = labels();
  const ratios = scores.map((score, k) => score / prior[names[k]!]!);
  const total = ratios.reduce((sum, ratio) => sum + ratio, 0);
  return ratios.map((ratio) => ratio / total);
}
