/** A class that has no training sample cannot be weighted by its rarity. */
export class EmptyClassError extends RangeError {
  override readonly name = 'EmptyClassError';
  readonly label: string;

  constructor(label: string) {
    super(
      `class ${label} has no samples: its balanced weight would be infinite. Add samples of it, or train without class weights.`,
    );
    this.label = label;
  }
}

/**
 * Weights that make every class count the same in the loss: n / (k * count), scikit-learn's
 * `class_weight='balanced'` (King and Zeng 2001). Their mean over samples is 1.
 *
 * @param counts samples a class, whole numbers.
 * @throws EmptyClassError that names a label whose count is 0; RangeError for anything that is no count.
 */
export function balancedClassWeights<K extends string>(
  counts: Readonly<Record<K, number>>,
): Record<K, number> {
  const entries = Object.entries<number>(counts) as [K, number][];
  if (entries.length === 0) throw new RangeError('no classes to weight');
  let total = 0;
  for (const [label, count] of entries) {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`class ${label}: ${count} is not a count`);
    }
    if (count === 0) throw new EmptyClassError(label);
    total += count;
  }
  return Object.fromEntries(
    entries.map(([label, count]) => [label, total / (entries.length * count)]),
  ) as Record<K, number>;
}

/**
 * {@link balancedClassWeights} to a power: 0 is no weighting, 1 balanced, more favours rare classes
 * beyond balance. The mean over samples is 1 only at powers 0 and 1.
 *
 * @throws as {@link balancedClassWeights}; RangeError unless the power is a finite number of at least 0.
 */
export function powerClassWeights<K extends string>(
  counts: Readonly<Record<K, number>>,
  power: number,
): Record<K, number> {
  if (!(power >= 0 && Number.isFinite(power))) {
    throw new RangeError(`the power of class weights is a number of at least 0, not ${power}`);
  }
  const weights = balancedClassWeights(counts);
  return Object.fromEntries(
    Object.entries<number>(weights).map(([label, weight]) => [label, weight ** power]),
  ) as Record<K, number>;
}
