import type { Label } from '@naevus/shared/taxonomy';

/** An image that is shipped with the page; `examples/ATTRIBUTION.md` says whose it is. */
export interface Example {
  /** Name of the image in HAM10000, and of the file. */
  readonly id: string;
  /** Its diagnosis there, confirmed by histology. */
  readonly diagnosis: Label;
}

export const EXAMPLES: readonly Example[] = [
  { id: 'ISIC_0025751', diagnosis: 'mel' },
  { id: 'ISIC_0024666', diagnosis: 'bcc' },
  { id: 'ISIC_0025108', diagnosis: 'nv' },
];

/** What the licence of the examples asks to be said beside them. */
export const EXAMPLES_ATTRIBUTION =
  'Example images from HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.7910/DVN/DBW86T), copyright ViDIR Group, Department of Dermatology, Medical University of Vienna; CC BY-NC 4.0 (creativecommons.org/licenses/by-nc/4.0), non-commercial use only. Scaled down and encoded again.';
