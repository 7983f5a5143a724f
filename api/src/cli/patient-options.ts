import { BODY_SITE_NAMES } from '@naevus/shared/answer/body-site';
import { MAX_AGE, SEXES } from '@naevus/shared/answer/patient-spec';
import { type PatientQuery, patientQuerySchema, QUERY_RULES } from '../schemas/request.ts';
import { UsageError } from './usage-error.ts';

/** The options that say something of the patient. */
export const PATIENT_OPTIONS = {
  age: { type: 'string' },
  sex: { type: 'string' },
  site: { type: 'string' },
} as const;

/** What they are, for a command's help. */
export const PATIENT_HELP = `  --age      age of the patient, 0 to ${MAX_AGE} years
  --sex      ${SEXES.join(' or ')}
  --site     ${BODY_SITE_NAMES.join(', ')}, or the SNOMED CT code of one`;

/**
 * @param named what a value is called in a message, such as `--age`
 * @throws UsageError where a value is out of its range
 */
export function readPatient(
  values: Readonly<Record<string, unknown>>,
  named: (name: string) => string = (name) => `--${name}`,
): PatientQuery {
  const { age, sex, site } = values;
  const result = patientQuerySchema.safeParse({ age, sex, site });
  if (result.success) return result.data;
  const names = [...new Set(result.error.issues.map(({ path }) => String(path[0])))];
  throw new UsageError(names.map((name) => `${named(name)} ${QUERY_RULES[name]}`).join('; '));
}
