import { BODY_SITE_NAMES } from '@naevus/shared/answer/body-site';
import { defaultOperatingPoint, operatingPointNames } from '@naevus/shared/answer/operating-point';
import { MAX_AGE, SEXES } from '@naevus/shared/answer/patient-spec';
import { DEFAULT_COVERAGE } from '@naevus/shared/answer/prediction-set';
import { NAMED_PRIORS } from '@naevus/shared/answer/prior';
import { TTA_CHOICES } from '@naevus/shared/network/test-time-augmentation';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import type * as z from 'zod';
import type { ServedModel } from '../analysis/engine.ts';
import { LANGUAGES } from '../schemas/languages.ts';
import { ANY_REQUEST_SCHEMAS, type RequestSchemas, requestSchemas } from '../schemas/request.ts';
import type { Command } from './command.ts';
import { UsageError } from './usage-error.ts';

/** A parameter of the API as a flag: `operating_point` is `--operating-point`. */
export function flagOf(parameter: string): string {
  return parameter.replaceAll('_', '-');
}

/** The flags that take what a query takes; those that are true or false take no value. */
export function queryFlags(schema: z.ZodObject): Command['options'] {
  const empty = schema.parse({});
  return Object.fromEntries(
    Object.keys(schema.shape).map((name) => [
      flagOf(name),
      { type: typeof empty[name] === 'boolean' ? 'boolean' : 'string' },
    ]),
  );
}

/**
 * What the flags say, understood as the API understands a query.
 *
 * @param sent by the names of the query
 * @param rules what each value must be; of whatever version by default
 * @throws UsageError where a value is out of its range
 */
export function checkQuery<T extends z.ZodObject>(
  sent: Readonly<Record<string, string | undefined>>,
  schema: T,
  rules: RequestSchemas['rules'] = ANY_REQUEST_SCHEMAS.rules,
): z.infer<T> {
  const result = schema.safeParse(sent);
  if (result.success) return result.data;
  const names = [...new Set(result.error.issues.map(({ path }) => String(path[0])))];
  const faults = names.map((name) => `--${flagOf(name)} ${rules[name]}, not ${sent[name]}`);
  throw new UsageError(faults.join('; '));
}

/**
 * What the flags say, understood as this version understands a query. Their values were checked before the model was
 * loaded, but for what depends on its classes.
 *
 * @throws UsageError where a value is out of its range
 */
export function checkQueryOf<T extends z.ZodObject>(
  sent: Readonly<Record<string, string | undefined>>,
  choose: (schemas: RequestSchemas) => T,
  { taxonomy }: Pick<ServedModel, 'taxonomy'>,
): z.infer<T> {
  const schemas = requestSchemas(taxonomy);
  return checkQuery(sent, choose(schemas), schemas.rules);
}

/** The values of the flags by the names of a query, as text. */
export function sentByFlags(
  values: Readonly<Record<string, unknown>>,
  schema: z.ZodObject,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.keys(schema.shape).map((name) => {
      const value = values[flagOf(name)];
      return [name, value === undefined ? undefined : String(value)];
    }),
  );
}

/** What the flags of an answer are, for a command's help. */
export const ANSWER_FLAGS_HELP = `  --prior            how common the scores take each class to be: ${NAMED_PRIORS.join(', ')}, or a share for
                     each class with commas between (default: the version's own)
  --coverage         of the prediction set, 0.80 to 0.99 (default ${DEFAULT_COVERAGE})
  --operating-point  a name that GET /model lists; of ${HAM10000.title}'s classes: ${operatingPointNames(HAM10000).join(', ')}
                     (default ${defaultOperatingPoint(HAM10000)})
  --strict           a picture that no answer should be given for is a failure
  --tta              ${TTA_CHOICES.join(', ')}: mirrored and turned views of the picture to average over (default 1);
                     takes as many times as long
  --language         ${LANGUAGES.join(', ')}: of names, reasons, limits and disclaimer (default ${LANGUAGES[0]})
  --age              age of the patient, 0 to ${MAX_AGE} years
  --sex              ${SEXES.join(' or ')}
  --site             ${BODY_SITE_NAMES.join(', ')},
                     or the SNOMED CT code of one
  --patient          dicom: age, sex and site from the headers of the DICOM files, as far as no flag says them
  --version          of the model, where the folder has several (default: the current one)
  --model            folder with current.json, or of one version (default: NAEVUS_MODEL_DIR, else the
                     bundled models)`;
