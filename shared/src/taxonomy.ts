import { HAM10000 } from './taxonomy/ham10000.ts';
import { type CodeSystem, type CodeSystemName, RISKS, type Risk } from './taxonomy/taxonomy.ts';

// HAM10000's classes under fixed names, for what does not take them from the version yet.

export { RISKS, type Risk };

/** The seven diagnostic categories of HAM10000, in the order of every output vector. */
export const LABELS = HAM10000.classes.map(({ label }) => label) as unknown as readonly [
  'akiec',
  'bcc',
  'bkl',
  'df',
  'mel',
  'nv',
  'vasc',
];

export type Label = (typeof LABELS)[number];

export const CLASS_COUNT = 7;

export interface LesionClass {
  /** Full name, for people. */
  readonly name: string;
  readonly risk: Risk;
  readonly icd10: readonly string[];
  readonly icd11: readonly string[];
  readonly snomedCt: readonly string[];
}

/** The code systems of {@link LesionClass}: their URI in FHIR, and where the codes were checked. */
export const CODE_SYSTEMS = HAM10000.codeSystems as Readonly<Record<CodeSystemName, CodeSystem>>;

/** What each label stands for. */
export const LESION_CLASSES = Object.fromEntries(
  HAM10000.classes.map(({ label, name, risk, codes }) => [
    label,
    { name: name.en, risk: risk!, ...codes },
  ]),
) as Readonly<Record<Label, LesionClass>>;

/** Whether a string is one of {@link LABELS}. */
export function isLabel(value: string): value is Label {
  return (LABELS as readonly string[]).includes(value);
}

/** Position of a label in every output vector. */
export function labelIndex(label: Label): number {
  return LABELS.indexOf(label);
}
