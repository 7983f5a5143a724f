/** An average over those classes for which the metric is defined. */
export interface ClassAverage {
  /** null where it is defined for none. */
  readonly value: number | null;
  /** Over how many classes. Less than all: the value does not compare with one over all. */
  readonly classes: number;
}

/**
 * Mean over the classes whose value is not null.
 *
 * @param weights one a class (the supports, for a weighted average); absent: equal (macro average).
 */
export function classAverage(
  values: readonly (number | null)[],
  weights?: readonly number[],
): ClassAverage {
  let sum = 0;
  let total = 0;
  let classes = 0;
  for (const [k, value] of values.entries()) {
    const weight = weights === undefined ? 1 : weights[k]!;
    if (value === null || weight === 0) continue;
    sum += weight * value;
    total += weight;
    classes++;
  }
  return { value: classes === 0 ? null : sum / total, classes };
}
