import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { classOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import examples from './examples/examples.json' with { type: 'json' };

/** An image that is shipped with the page; `examples/ATTRIBUTION.md` says whose it is. */
export interface Example {
  /** Name of the image in HAM10000, and of the file. */
  readonly id: string;
  /** Its diagnosis there, confirmed by histology: a label of HAM10000's classes. */
  readonly diagnosis: string;
}

export const EXAMPLES: readonly Example[] = examples.images;

/** What the licence of the examples asks to be said beside them. */
export const EXAMPLES_ATTRIBUTION = examples.attribution;

/** Those whose diagnosis is a class of the taxonomy, under the same label and the same name. */
export function examplesOf(taxonomy: Taxonomy): readonly Example[] {
  return EXAMPLES.filter(({ diagnosis }) => {
    const name = classOf(HAM10000, diagnosis).name.en;
    return taxonomy.classes.some((one) => one.label === diagnosis && one.name.en === name);
  });
}
