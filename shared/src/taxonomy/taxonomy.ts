/** How dangerous a class is. */
export const RISKS = ['malignant', 'premalignant', 'benign'] as const;

export type Risk = (typeof RISKS)[number];

/** The languages that a class may be named in; English is always there. */
export const CLASS_NAME_LANGUAGES = ['en', 'de', 'fr', 'es'] as const;

export type ClassNameLanguage = (typeof CLASS_NAME_LANGUAGES)[number];

export const CODE_SYSTEM_NAMES = ['icd10', 'icd11', 'snomedCt'] as const;

export type CodeSystemName = (typeof CODE_SYSTEM_NAMES)[number];

export interface CodeSystem {
  /** As FHIR names the system. */
  readonly uri: string;
  /** Where the codes were checked. */
  readonly checkedIn: string;
}

/** One output of a version. */
export interface TaxonomyClass {
  /** Its name in every answer, table and option: lower-case letters, digits, `-` and `_`. */
  readonly label: string;
  /** Full name, for people. */
  readonly name: { readonly en: string } & Readonly<
    Partial<Record<ClassNameLanguage, string | undefined>>
  >;
  /** Either each class has one, or none has: without, there is no malignant score. */
  readonly risk?: Risk | undefined;
  /** Whether missing it is the error that matters most: thresholds and the gate watch it. */
  readonly critical?: boolean | undefined;
  /** Of a critical class: its word in the names of operating points, such as `melanoma`. Default: the label. */
  readonly operatingPoint?: string | undefined;
  /** In every chart, as `#rrggbb`. */
  readonly colour: string;
  /** The codes that together cover the class, by system; empty where no short list is certain. */
  readonly codes: Readonly<Record<CodeSystemName, readonly string[]>>;
  /** Other names, as lower-case words in the singular: for hints when a table is read. */
  readonly words: readonly string[];
}

/** What the classes of a version are: data of the version, in its manifest. */
export interface Taxonomy {
  readonly schemaVersion: 1;
  /** Lower-case letters, digits, `-` and `_`. */
  readonly name: string;
  /** For people, such as `HAM10000`. */
  readonly title: string;
  /** In the order of every output vector; at least two. */
  readonly classes: readonly TaxonomyClass[];
  readonly codeSystems?:
    | Readonly<Partial<Record<CodeSystemName, CodeSystem | undefined>>>
    | undefined;
  /** Diagnoses that are none of the classes, each with the label of the class that it looks most like. */
  readonly unseen?: readonly { readonly name: string; readonly nextTo: string }[] | undefined;
}

/** The labels, in the order of every output vector. */
export function labelsOf({ classes }: Taxonomy): string[] {
  return classes.map(({ label }) => label);
}

/**
 * Position of a label in every output vector.
 *
 * @throws RangeError when it is not a label of the taxonomy
 */
export function labelIndex(taxonomy: Taxonomy, label: string): number {
  const index = taxonomy.classes.findIndex((one) => one.label === label);
  if (index >= 0) return index;
  throw new RangeError(
    `"${label}" is not a class of ${taxonomy.title}: its labels are ${labelsOf(taxonomy).join(', ')}`,
  );
}

/**
 * The class of a label.
 *
 * @throws RangeError when it is not a label of the taxonomy
 */
export function classOf(taxonomy: Taxonomy, label: string): TaxonomyClass {
  return taxonomy.classes[labelIndex(taxonomy, label)]!;
}

/** Whether the classes have risk groups: without them there is no malignant score and no triage. */
export function hasRisks({ classes }: Taxonomy): boolean {
  return classes.every(({ risk }) => risk !== undefined);
}

/** Positions of the malignant and premalignant classes; none without risk groups. */
export function malignantIndices(taxonomy: Taxonomy): number[] {
  return indicesOf(taxonomy, ({ risk }) => risk !== undefined && risk !== 'benign');
}

/** Positions of the benign classes; none without risk groups. */
export function benignIndices(taxonomy: Taxonomy): number[] {
  return indicesOf(taxonomy, ({ risk }) => risk === 'benign');
}

/** Positions of the critical classes. */
export function criticalIndices(taxonomy: Taxonomy): number[] {
  return indicesOf(taxonomy, ({ critical }) => critical === true);
}

/** Positions of the classes that a diagnosis outside the taxonomy looks most like. */
export function unseenIndices(taxonomy: Taxonomy): number[] {
  const nextTo = new Set(taxonomy.unseen?.map((one) => one.nextTo));
  return indicesOf(taxonomy, ({ label }) => nextTo.has(label));
}

function indicesOf({ classes }: Taxonomy, holds: (one: TaxonomyClass) => boolean): number[] {
  return classes.flatMap((one, k) => (holds(one) ? [k] : []));
}

/** Values in the order of the outputs, by label. */
export function byLabel<T>(taxonomy: Taxonomy, values: readonly T[]): Record<string, T> {
  return Object.fromEntries(taxonomy.classes.map(({ label }, k) => [label, values[k]!]));
}
