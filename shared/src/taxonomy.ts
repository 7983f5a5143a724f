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
  /** The ICD-10 categories that together cover the class; empty where no short list does. */
  readonly icd10: readonly string[];
  /** The SNOMED CT disorders that together cover the class; empty where no short list does. */
  readonly snomedCt: readonly string[];
}

/**
 * What each label stands for.
 *
 * Classes: Tschandl, Rosendahl, Kittler, "The HAM10000 dataset", Sci. Data 5:180161 (2018), table 2.
 * Codes: WHO ICD-10 categories, and SNOMED CT ids that stood alike in two public secondary sources.
 * They were not read in a SNOMED release: check them against one before they go into a record.
 * - akiec is actinic keratosis and Bowen's disease; `mel` holds invasive and in situ melanoma.
 * - bkl (seborrhoeic keratosis, solar lentigo, lichen-planus-like keratosis) and vasc (angiomas,
 *   angiokeratomas, pyogenic granulomas, haemorrhage) are gathered for their looks under the
 *   dermatoscope: no list of codes means the same.
 * - An empty `snomedCt` beside a filled `icd10`: no concept was confirmed twice.
 */
export const LESION_CLASSES: Readonly<Record<Label, LesionClass>> = {
  akiec: {
    name: 'Actinic keratosis / intraepithelial carcinoma',
    risk: 'premalignant',
    icd10: ['L57.0', 'D04'],
    snomedCt: [],
  },
  bcc: { name: 'Basal cell carcinoma', risk: 'malignant', icd10: ['C44'], snomedCt: ['254701007'] },
  bkl: { name: 'Benign keratosis-like lesion', risk: 'benign', icd10: [], snomedCt: [] },
  df: { name: 'Dermatofibroma', risk: 'benign', icd10: ['D23'], snomedCt: [] },
  mel: {
    name: 'Melanoma',
    risk: 'malignant',
    icd10: ['C43', 'D03'],
    snomedCt: ['93655004', '109266006'],
  },
  nv: { name: 'Melanocytic naevus', risk: 'benign', icd10: ['D22'], snomedCt: ['400096001'] },
  vasc: { name: 'Vascular lesion', risk: 'benign', icd10: [], snomedCt: [] },
};

/** Whether a string is one of {@link LABELS}. */
export function isLabel(value: string): value is Label {
  return (LABELS as readonly string[]).includes(value);
}

/** Position of a label in every output vector. */
export function labelIndex(label: Label): number {
  return LABELS.indexOf(label);
}
