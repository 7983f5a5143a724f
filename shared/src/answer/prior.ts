import { CLASS_COUNT, LABELS, type Label } from '../taxonomy.ts';

/** How common each class is taken to be. */
export type ClassPrior = Readonly<Record<Label, number>>;

/** Priors that can be asked for by name. `training` is the distribution of the training data. */
export const NAMED_PRIORS = ['training', 'uniform'] as const;

export type NamedPrior = (typeof NAMED_PRIORS)[number];

/** All seven classes equally common. */
export const UNIFORM_PRIOR = Object.fromEntries(
  LABELS.map((label) => [label, 1 / CLASS_COUNT]),
) as ClassPrior;

/** What seven values may miss 1 by, in all: rounded decimals do. */
const SUM_TOLERANCE = 1e-3;

/**
 * A prior as text: one of {@link NAMED_PRIORS}, or seven decimals above 0 that sum to 1, separated by
 * commas, in the order of `LABELS`. undefined where it is neither.
 */
export function parsePrior(text: string): NamedPrior | ClassPrior | undefined {
  const name = NAMED_PRIORS.find((prior) => prior === text);
  if (name !== undefined) return name;
  const values = text.split(',').map(Number);
  const sum = values.reduce((total, value) => total + value, 0);
  const sound = values.length === CLASS_COUNT && values.every((value) => value > 0);
  if (!sound || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) return undefined;
  return Object.fromEntries(LABELS.map((label, k) => [label, values[k]! / sum])) as ClassPrior;
}

/** wanted / assumed, one a label. */
export function priorFactors(assumed: ClassPrior, wanted: ClassPrior): number[] {
  return LABELS.map((label) => wanted[label] / assumed[label]);
}

/**
 * The scores as they are under another prior, by Bayes' rule: each is multiplied by wanted / assumed, and
 * all are divided by their sum (Saerens, Latinne, Decaestecker 2002, equation 2.4). It holds where only
 * the frequencies of the classes differ, not how their members look.
 *
 * @param scores seven, in the order of `LABELS`, that sum to 1
 * @param assumed the prior of these scores; each above 0
 * @param wanted each above 0
 */
export function withPrior(
  scores: readonly number[],
  assumed: ClassPrior,
  wanted: ClassPrior,
): number[] {
  const factors = priorFactors(assumed, wanted);
  const weighed = scores.map((score, k) => score * factors[k]!);
  const total = weighed.reduce((sum, value) => sum + value, 0);
  return weighed.map((value) => value / total);
}
