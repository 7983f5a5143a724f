import { classCount, labelIndex } from '../../taxonomy/current.ts';

/**
 * A class of a source as one number: source · classes + class, the home source being 0. Equal to the class's index
 * where there is one source.
 *
 * @param sources names of all sources, the home source first
 */
export function stratumOf(
  { label, source }: { readonly label: string; readonly source: string },
  sources: readonly string[],
): number {
  const index = sources.indexOf(source);
  if (index < 0) throw new RangeError(`the source ${source} is not one of ${sources.join(', ')}`);
  return index * classCount() + labelIndex(label);
}

/** Names of the sources that images are of, the home source first; one without a name where none is described. */
export function sourceNames(sources: readonly { readonly name: string }[]): readonly string[] {
  return sources.length === 0 ? [''] : sources.map(({ name }) => name);
}
