import type { Taxonomy } from './taxonomy.ts';

/**
 * The label that a diagnosis in words may mean, by its label, its English name or one of its words. For a
 * hint in a message only: nothing is labelled by it.
 */
export function labelHint(diagnosis: string, { classes }: Taxonomy): string | undefined {
  const words = inWords(diagnosis);
  if (words === '') return undefined;
  return classes.find(
    (one) =>
      words === inWords(one.label) || words === inWords(one.name.en) || one.words.includes(words),
  )?.label;
}

/** Lower-case words in the singular. */
function inWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map(singular)
    .join(' ');
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
