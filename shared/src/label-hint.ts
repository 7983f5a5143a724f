import { LABELS, type Label } from './taxonomy.ts';

/** Names of the classes and of what they hold, as lower-case words in the singular, by label. */
const NAMES: Readonly<Record<Label, readonly string[]>> = {
  akiec: [
    'actinic keratosis',
    'solar keratosis',
    'bowen',
    'bowen disease',
    'bowens disease',
    'intraepithelial carcinoma',
    'squamous cell carcinoma in situ',
    'ak',
    'ak iec',
  ],
  bcc: ['basal cell carcinoma', 'basalioma'],
  bkl: [
    'benign keratosis',
    'benign keratosis like lesion',
    'benign keratosislike lesion',
    'seborrheic keratosis',
    'seborrhoeic keratosis',
    'pigmented benign keratosis',
    'solar lentigo',
    'lichen planus like keratosis',
    'lichenoid keratosis',
    'sk',
  ],
  df: ['dermatofibroma', 'fibrous histiocytoma'],
  mel: ['melanoma', 'malignant melanoma', 'melanoma in situ', 'lentigo maligna', 'mm'],
  nv: ['nevus', 'naevus', 'melanocytic nevus', 'melanocytic naevus', 'mole'],
  vasc: ['vascular lesion', 'vascular', 'angioma', 'hemangioma', 'haemangioma', 'angiokeratoma'],
};

/**
 * The label that a diagnosis in words may mean, such as `mel` for "Melanoma" or `nv` for "Melanocytic nevi". For a
 * hint in a message only: nothing is labelled by it.
 */
export function labelHint(diagnosis: string): Label | undefined {
  const words = diagnosis
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
    .map(singular)
    .join(' ');
  return LABELS.find((label) => label === words || NAMES[label].includes(words));
}

function singular(word: string): string {
  const irregular: Readonly<Record<string, string>> = {
    nevi: 'nevus',
    naevi: 'naevus',
    keratoses: 'keratosis',
    carcinomas: 'carcinoma',
    melanomas: 'melanoma',
    lesions: 'lesion',
    lentigines: 'lentigo',
    moles: 'mole',
    angiomas: 'angioma',
    hemangiomas: 'hemangioma',
    haemangiomas: 'haemangioma',
    dermatofibromas: 'dermatofibroma',
  };
  return irregular[word] ?? word;
}
