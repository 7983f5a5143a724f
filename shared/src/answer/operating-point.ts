import { LABELS, type Label, LESION_CLASSES } from '../taxonomy.ts';

/** The labels whose scores make the malignant score. */
export const MALIGNANT_LABELS: readonly Label[] = LABELS.filter(
  (label) => LESION_CLASSES[label].risk !== 'benign',
);

/**
 * Where the malignant score is cut, and for what:
 * - `melanoma-sensitivity-…`: so many of 100 melanomas are found;
 * - `malignant-sensitivity-95`: 95 of 100 melanomas, basal cell carcinomas and actinic keratoses are found;
 * - `specificity-90`: 90 of 100 benign lesions stay below.
 */
export const OPERATING_POINTS = [
  'melanoma-sensitivity-90',
  'melanoma-sensitivity-95',
  'melanoma-sensitivity-98',
  'malignant-sensitivity-95',
  'specificity-90',
] as const;

export type OperatingPoint = (typeof OPERATING_POINTS)[number];

export const DEFAULT_OPERATING_POINT: OperatingPoint = 'melanoma-sensitivity-95';

/** From here on the word is `refer`, whatever the operating point below it. */
export const REFERRAL_POINT: OperatingPoint = 'specificity-90';

/** What should happen next, the most urgent first. */
export const TRIAGE = ['refer', 'review', 'routine'] as const;

export type Triage = (typeof TRIAGE)[number];

const MALIGNANT = LABELS.map((label) => MALIGNANT_LABELS.includes(label));

/** The sum of the scores of {@link MALIGNANT_LABELS}, 0 to 1. */
export function malignantScore(scores: readonly number[]): number {
  let sum = 0;
  for (const [k, score] of scores.entries()) if (MALIGNANT[k]) sum += score;
  return Math.min(1, sum);
}
