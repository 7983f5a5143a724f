import * as z from 'zod';

/** Characters of a reference or a text that the caller gives. */
const MAX_LENGTH = 256;

const ID = '[A-Za-z0-9.-]{1,64}';

/** A reference to one of these types: relative (`Patient/123`), absolute, or `urn:uuid:`. */
function reference(...types: readonly string[]) {
  const relative = `(${types.join('|')})/${ID}`;
  return z
    .string()
    .max(MAX_LENGTH)
    .regex(new RegExp(`^(${relative}|https?://[^\\s"<>]+/${relative}|urn:uuid:[0-9a-f-]{36})$`))
    .optional();
}

/** The types that each reference may be to, as FHIR R4's `DiagnosticReport` has them. */
export const REFERENCE_TYPES = {
  subject: ['Patient', 'Group', 'Device', 'Location'],
  encounter: ['Encounter'],
  basedOn: [
    'CarePlan',
    'ImmunizationRecommendation',
    'MedicationRequest',
    'NutritionOrder',
    'ServiceRequest',
  ],
} as const;

/** What a report says because the caller does; it is never logged. */
export const reportContext = {
  subject: reference(...REFERENCE_TYPES.subject).meta({
    description:
      'With FHIR: whom the report is about, such as `Patient/123`. Echoed, never logged.',
  }),
  encounter: reference(...REFERENCE_TYPES.encounter).meta({
    description: 'With FHIR: such as `Encounter/5`. Echoed, never logged.',
  }),
  basedOn: reference(...REFERENCE_TYPES.basedOn).meta({
    description: 'With FHIR: what asked for it, such as `ServiceRequest/7`. Echoed, never logged.',
  }),
  bodySite: z
    .string()
    .max(MAX_LENGTH)
    .refine((text) => /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u.test(text))
    .optional()
    .meta({
      description:
        'With FHIR: where the lesion is, a SNOMED CT code or a text. Without it, `site`. Echoed, never logged.',
    }),
};

export const reportContextSchema = z.object(reportContext);

export type ReportContext = z.infer<typeof reportContextSchema>;

/** What each value must be, for the people who get it wrong. */
export const REPORT_RULES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(REFERENCE_TYPES).map(([name, types]) => [
      name,
      `must be a reference to ${types.join(', ')}, such as ${types[0]}/123, of at most ${MAX_LENGTH} characters`,
    ]),
  ),
  bodySite: `must be a SNOMED CT code or a text of at most ${MAX_LENGTH} characters, without line breaks`,
};

/** FHIR's own schema says more: https://hl7.org/fhir/R4/diagnosticreport.html */
export const diagnosticReportSchema = z
  .looseObject({ resourceType: z.literal('DiagnosticReport'), status: z.literal('preliminary') })
  .meta({ id: 'DiagnosticReport', description: 'A FHIR R4 DiagnosticReport.' });

/** https://hl7.org/fhir/R4/operationoutcome.html */
export const operationOutcomeSchema = z
  .looseObject({ resourceType: z.literal('OperationOutcome') })
  .meta({ id: 'OperationOutcome', description: 'A FHIR R4 OperationOutcome.' });
