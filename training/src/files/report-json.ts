import { criticalMember } from '@naevus/shared/answer/critical-figures';
import { labels, taxonomy } from '../taxonomy/current.ts';
import { jsonText } from './json-file.ts';

/** What a figure of the critical classes is called in reports where melanoma is not the only one of them. */
export const CRITICAL_NAMES: Readonly<Record<string, string>> = {
  melanomas: 'criticals',
  melanomaAuc: 'criticalAuc',
  melanomaRecall: 'criticalRecall',
  melanomaRecallUniformPrior: 'criticalRecallUniformPrior',
  melanomaSensitivity: 'criticalSensitivity',
  melanomaSensitivityServed: 'criticalSensitivityServed',
  melanomaSpecificityUniformPrior: 'criticalSpecificityUniformPrior',
};

/** The JSON of a report, with figures of the critical classes as {@link CRITICAL_NAMES} where these are other classes. */
export function reportJson(report: unknown): string {
  return jsonText(criticalMember(taxonomy()) === 'melanomaSensitivity' ? report : renamed(report));
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, of]) => [
      nameOf(member),
      // A check of the gate says which figure it is of.
      member === 'figure' && typeof of === 'string' ? nameOf(of) : renamed(of),
    ]),
  );
}

function nameOf(figure: string): string {
  // Counts of a class have its label as their member.
  return labels().includes(figure) ? figure : (CRITICAL_NAMES[figure] ?? figure);
}
