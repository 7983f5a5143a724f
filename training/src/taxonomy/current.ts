import {
  defaultOperatingPoint as defaultPointOf,
  malignantScore as malignantScoreOf,
  operatingPointNames,
  REFERRAL_POINT,
} from '@naevus/shared/answer/operating-point';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import {
  criticalIndices,
  hasRisks as hasRisksOf,
  labelIndex as indexIn,
  labelsOf,
  malignantIndices,
  type Taxonomy,
} from '@naevus/shared/taxonomy/taxonomy';

/**
 * The classes that this process works on. A command has one taxonomy: that of its run or version, or the file of
 * `train --taxonomy`. It is fixed by its first use, so that nothing is measured half with one and half with another.
 */
let fixed: Taxonomy | undefined;

/**
 * Says which classes this process works on.
 *
 * @param from what has these classes, for the message
 * @throws Error when the process works on other classes already
 */
export function useTaxonomy(taxonomy: Taxonomy, from: string): void {
  if (fixed !== undefined && !sameClasses(fixed, taxonomy)) {
    throw new Error(
      `${from} has the classes ${labelsOf(taxonomy).join(', ')}, and here are ${labelsOf(fixed).join(', ')} (${fixed.title}): what is compared or joined must have the same classes in the same order`,
    );
  }
  fixed ??= taxonomy;
}

/** The classes that this process works on; HAM10000's where nothing said others. */
export function taxonomy(): Taxonomy {
  fixed ??= HAM10000;
  return fixed;
}

/** For tests: runs a function with other classes. */
export function withTaxonomy<T>(other: Taxonomy, run: () => T): T {
  const before = fixed;
  fixed = other;
  try {
    return run();
  } finally {
    fixed = before;
  }
}

function sameClasses(a: Taxonomy, b: Taxonomy): boolean {
  const key = ({ classes }: Taxonomy) =>
    JSON.stringify(classes.map(({ label, risk, critical }) => [label, risk, critical === true]));
  return key(a) === key(b);
}

/** In the order of every output vector. */
export function labels(): string[] {
  return labelsOf(taxonomy());
}

export function classCount(): number {
  return taxonomy().classes.length;
}

/** Position of a label in every output vector. */
export function labelIndex(label: string): number {
  return indexIn(taxonomy(), label);
}

/** English name of a class, for people. */
export function className(label: string): string {
  return taxonomy().classes[labelIndex(label)]!.name.en;
}

export function hasRisks(): boolean {
  return hasRisksOf(taxonomy());
}

/** Whether a class is malignant or premalignant; false without risk groups. */
export function isMalignant(label: string): boolean {
  return malignantIndices(taxonomy()).includes(labelIndex(label));
}

/** Whether a class is benign; false without risk groups. */
export function isBenign(label: string): boolean {
  return taxonomy().classes[labelIndex(label)]!.risk === 'benign';
}

/** Of each class, in the order of the outputs, whether it is critical. */
export function criticalClasses(): boolean[] {
  const critical = criticalIndices(taxonomy());
  return taxonomy().classes.map((_, k) => critical.includes(k));
}

export function hasCritical(): boolean {
  return criticalIndices(taxonomy()).length > 0;
}

/** What the critical classes are called in a sentence: `melanoma`; undefined where no class is critical. */
export function criticalName(): string | undefined {
  const critical = criticalIndices(taxonomy());
  if (critical.length === 0) return undefined;
  const [first] = critical;
  return critical.length === 1
    ? taxonomy().classes[first!]!.name.en.toLowerCase()
    : 'critical class';
}

/** {@link criticalName} of several images: `melanomas`. */
export function criticalNames(): string | undefined {
  const name = criticalName();
  return name === undefined ? undefined : name.endsWith('class') ? `${name}es` : `${name}s`;
}

/** The sum of the scores of the critical classes; 0 where no class is critical. */
export function criticalScore(scores: readonly number[]): number {
  let sum = 0;
  for (const k of criticalIndices(taxonomy())) sum += scores[k]!;
  return sum;
}

/** The sum of the scores of the malignant and premalignant classes; 0 without risk groups, which flags nothing. */
export function malignantScore(scores: readonly number[]): number {
  return malignantScoreOf(scores, taxonomy()) ?? 0;
}

/** Names of the operating points; none without risk groups. */
export function pointNames(): string[] {
  return operatingPointNames(taxonomy());
}

/** The operating point of an answer that asked for none; without risk groups one that no threshold goes with. */
export function defaultOperatingPoint(): string {
  return defaultPointOf(taxonomy()) ?? REFERRAL_POINT;
}
