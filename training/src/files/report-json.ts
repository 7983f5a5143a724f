import { criticalMember } from '@naevus/shared/answer/critical-figures';
import { taxonomy } from '../taxonomy/current.ts';
import { jsonText } from './json-file.ts';

const MELANOMA = /^melanoma(?=s$|[A-Z])/;

/**
 * The JSON of a report. Figures of the critical classes have members that begin with `melanoma` where that is the
 * critical class, and with `critical` elsewhere.
 */
export function reportJson(report: unknown): string {
  return jsonText(criticalMember(taxonomy()) === 'melanomaSensitivity' ? report : renamed(report));
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value === 'string') return value.replace(MELANOMA, 'critical');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replace(MELANOMA, 'critical'),
      renamed(member),
    ]),
  );
}
