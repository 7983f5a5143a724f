import {
  benignIndices,
  criticalIndices,
  hasRisks,
  malignantIndices,
  type Taxonomy,
} from '../taxonomy/taxonomy.ts';

/** Where the malignant score is cut, and for what. */
export interface OperatingPointSpec {
  readonly name: string;
  /** Groups of classes, by their positions in the output vector. */
  readonly groups: readonly (readonly number[])[];
  /** At least this share of the images of each group is on that side of the threshold. */
  readonly share: number;
  readonly side: 'above' | 'below';
}

/** Shares of a critical class to be found, in percent. */
const CRITICAL_SENSITIVITIES = [90, 95, 98] as const;

/** What the points of all critical classes together are called; an alias where one class alone is critical. */
const ALL_CRITICAL = 'critical';

/** From here on the word is `refer`, whatever the operating point below it. */
export const REFERRAL_POINT = 'specificity-90';

/** What should happen next, the most urgent first. */
export const TRIAGE = ['refer', 'review', 'routine'] as const;

export type Triage = (typeof TRIAGE)[number];

/** The words of the critical classes in the names of operating points, in the order of the outputs. */
export function criticalWords(taxonomy: Taxonomy): string[] {
  return criticalIndices(taxonomy).map((k) => {
    const { operatingPoint, label } = taxonomy.classes[k]!;
    return operatingPoint ?? label;
  });
}

/**
 * The operating points of a version with these classes:
 * - `<word>-sensitivity-90`, `-95` and `-98` of each critical class: so many of 100 of its images are found;
 * - `critical-sensitivity-…`, where several classes are critical: so many of 100 of each of them are found;
 * - `malignant-sensitivity-95`: 95 of 100 malignant and premalignant lesions are found;
 * - `specificity-90`: 90 of 100 benign lesions stay below.
 *
 * @returns none where the classes have no risk groups: there is no malignant score to be cut
 */
export function operatingPoints(taxonomy: Taxonomy): OperatingPointSpec[] {
  if (!hasRisks(taxonomy)) return [];
  const critical = criticalIndices(taxonomy);
  const words = criticalWords(taxonomy).map((word, i) => ({ word, groups: [[critical[i]!]] }));
  if (words.length > 1) words.push({ word: ALL_CRITICAL, groups: critical.map((k) => [k]) });
  return [
    ...words.flatMap(({ word, groups }) =>
      CRITICAL_SENSITIVITIES.map((percent) => ({
        name: `${word}-sensitivity-${percent}`,
        groups,
        share: percent / 100,
        side: 'above' as const,
      })),
    ),
    {
      name: 'malignant-sensitivity-95',
      groups: [malignantIndices(taxonomy)],
      share: 0.95,
      side: 'above',
    },
    { name: REFERRAL_POINT, groups: [benignIndices(taxonomy)], share: 0.9, side: 'below' },
  ];
}

/** The names of {@link operatingPoints}. */
export function operatingPointNames(taxonomy: Taxonomy): string[] {
  return operatingPoints(taxonomy).map(({ name }) => name);
}

/**
 * The point of an answer that asked for none: 95 of 100 images of each critical class are found, or of all
 * malignant ones where no class is critical.
 *
 * @returns undefined where the classes have no risk groups
 */
export function defaultOperatingPoint(taxonomy: Taxonomy): string | undefined {
  if (!hasRisks(taxonomy)) return undefined;
  const words = criticalWords(taxonomy);
  const word = words.length > 1 ? ALL_CRITICAL : (words[0] ?? 'malignant');
  return `${word}-sensitivity-95`;
}

/**
 * The operating point that a name stands for: its own, or `critical-sensitivity-…` for the one critical class.
 *
 * @returns undefined where these classes have no such point
 */
export function resolveOperatingPoint(taxonomy: Taxonomy, name: string): string | undefined {
  const names = operatingPointNames(taxonomy);
  if (names.includes(name)) return name;
  const words = criticalWords(taxonomy);
  const prefix = `${ALL_CRITICAL}-`;
  if (words.length !== 1 || !name.startsWith(prefix)) return undefined;
  const own = `${words[0]}-${name.slice(prefix.length)}`;
  return names.includes(own) ? own : undefined;
}

/**
 * The sum of the scores of the malignant and premalignant classes, 0 to 1.
 *
 * @returns undefined where the classes have no risk groups
 */
export function malignantScore(scores: readonly number[], taxonomy: Taxonomy): number | undefined {
  if (!hasRisks(taxonomy)) return undefined;
  let sum = 0;
  for (const k of malignantIndices(taxonomy)) sum += scores[k]!;
  return Math.min(1, sum);
}
