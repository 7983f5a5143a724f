/** How common each class is taken to be, by label. */
export type ClassPrior = Readonly<Record<string, number>>;

/** Priors that can be asked for by name. `training` is the distribution of the training data. */
export const NAMED_PRIORS = ['training', 'uniform'] as const;

export type NamedPrior = (typeof NAMED_PRIORS)[number];

/** All classes equally common. */
export function uniformPrior(labels: readonly string[]): ClassPrior {
  return Object.fromEntries(labels.map((label) => [label, 1 / labels.length]));
}

/** What the values may miss 1 by, in all: rounded decimals do. */
const SUM_TOLERANCE = 1e-3;

/**
 * A prior as text: one of {@link NAMED_PRIORS}, or a decimal above 0 for each label, which sum to 1,
 * separated by commas. undefined where it is neither.
 *
 * @param labels in the order of the outputs
 */
export function parsePrior(
  text: string,
  labels: readonly string[],
): NamedPrior | ClassPrior | undefined {
  const name = NAMED_PRIORS.find((prior) => prior === text);
  if (name !== undefined) return name;
  const values = text.split(',').map(Number);
  const sum = values.reduce((total, value) => total + value, 0);
  const sound = values.length === labels.length && values.every((value) => value > 0);
  if (!sound || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) return undefined;
  return Object.fromEntries(labels.map((label, k) => [label, values[k]! / sum]));
}

/**
 * wanted / assumed, one a label.
 *
 * @param labels in the order of the outputs
 */
export function priorFactors(
  assumed: ClassPrior,
  wanted: ClassPrior,
  labels: readonly string[],
): number[] {
  return labels.map((label) => wanted[label]! / assumed[label]!);
}

/**
 * The scores as they are under another prior, by Bayes' rule: each is multiplied by wanted / assumed, and
 * all are divided by their sum (Saerens, Latinne, Decaestecker 2002, equation 2.4). It holds where only
 * the frequencies of the classes differ, not how their members look.
 *
 * @param scores one a label, that sum to 1
 * @param assumed the prior of these scores; each above 0
 * @param wanted each above 0
 * @param labels in the order of the scores
 */
export function withPrior(
  scores: readonly number[],
  assumed: ClassPrior,
  wanted: ClassPrior,
  labels: readonly string[],
): number[] {
  const factors = priorFactors(assumed, wanted, labels);
  const weighed = scores.map((score, k) => score * factors[k]!);
  const total = weighed.reduce((sum, value) => sum + value, 0);
  return weighed.map((value) => value / total);
}
