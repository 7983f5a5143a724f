import { checkSchema } from '@naevus/shared/validation/check-schema';
import type * as z from 'zod';
import { ProblemError } from '../../answers/problem-error.ts';

/** How many faults of a body are named: it may have one in each of its values. */
const NAMED_FAULTS = 5;

/**
 * A parsed body that fits a schema; of what is wrong, the first faults are named.
 *
 * @throws ProblemError `invalid-body`
 */
export function checkBody<T>(value: unknown, schema: z.ZodType<T>): T {
  const { data, faults } = checkSchema(schema, value, 'the body');
  if (faults === undefined) return data;
  const named = faults.slice(0, NAMED_FAULTS);
  const more = faults.length - named.length;
  if (more > 0) named.push(`and ${more} more`);
  throw new ProblemError('invalid-body', named.join('; '));
}
