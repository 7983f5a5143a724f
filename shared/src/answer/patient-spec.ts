import * as z from 'zod';
import { SITE_GROUPS } from './body-site.ts';

/** What may be known of a patient. */
export const PATIENT_VARIABLES = ['age', 'sex', 'site'] as const;

export type PatientVariable = (typeof PATIENT_VARIABLES)[number];

export const SEXES = ['female', 'male'] as const;

export type Sex = (typeof SEXES)[number];

/** Years. */
export const MAX_AGE = 120;

/** One a label: ln p(class | value) - ln p(class), before the strength. */
const logFactors = z.array(z.number()).min(2);

/** A variable that does not make the scores of held-out lesions better, and why it is not used. */
const unused = z.strictObject({ used: z.literal(false), reason: z.string().min(1) });

/**
 * `patient` of a manifest: by how much the classes are commoner or rarer among patients like this one,
 * fitted on training lesions with shrinkage, each collection with class frequencies of its own. Only
 * what lowered the log loss of validation lesions, in all of them and in each part, is used.
 */
export const patientSpecSchema = z.strictObject({
  fittedOn: z.strictObject({ split: z.string(), lesions: z.int().positive() }),
  validatedOn: z.strictObject({ split: z.string(), lesions: z.int().positive() }),
  /** What the logarithms of the factors are multiplied by: an image tells part of a patient already. */
  strength: z.number().min(0).max(1),
  /** Of validation lesions, cross-fitted: with the patient less without; null where no variable is used. */
  logLossDifference: z
    .strictObject({ value: z.number(), interval: z.tuple([z.number(), z.number()]) })
    .nullable(),
  age: z.union([
    unused,
    z.strictObject({
      used: z.literal(true),
      /** Years, ascending: linear between them, constant beyond. */
      knots: z.array(z.number().min(0).max(MAX_AGE)).min(2),
      logFactors: z.array(logFactors).min(2),
    }),
  ]),
  sex: z.union([
    unused,
    z.strictObject({ used: z.literal(true), logFactors: z.record(z.enum(SEXES), logFactors) }),
  ]),
  site: z.union([
    unused,
    z.strictObject({
      used: z.literal(true),
      logFactors: z.record(z.enum(SITE_GROUPS), logFactors),
    }),
  ]),
});

export type PatientSpec = z.infer<typeof patientSpecSchema>;
