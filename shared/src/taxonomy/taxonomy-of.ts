import { HAM10000 } from './ham10000.ts';
import { labelsOf, type Taxonomy } from './taxonomy.ts';

/**
 * What the classes of a version are: its manifest's `taxonomy`. Versions from before there was that member
 * have HAM10000's.
 *
 * @throws RangeError when there is no taxonomy and the labels are not HAM10000's, or when both differ
 */
export function taxonomyOf({
  labels,
  taxonomy,
}: {
  readonly labels: readonly string[];
  readonly taxonomy?: Taxonomy | undefined;
}): Taxonomy {
  const described = taxonomy ?? HAM10000;
  const expected = labelsOf(described);
  if (labels.length === expected.length && labels.every((label, k) => label === expected[k])) {
    return described;
  }
  if (taxonomy) {
    throw new RangeError(
      `the labels ${labels.join(', ')} are not those of the taxonomy ${taxonomy.title}, ${expected.join(', ')}`,
    );
  }
  throw new RangeError(
    `nothing says what the labels ${labels.join(', ')} are: they are not those of ${HAM10000.title}, so a member "taxonomy" must describe them`,
  );
}
