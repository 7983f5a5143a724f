import type * as z from 'zod';
import { ProblemError } from '../../answers/problem-error.ts';
import { QUERY_RULES } from '../../schemas/request.ts';

/**
 * A query, with what the body says beside its images.
 *
 * @param schema of what may come in the body
 * @throws ProblemError `invalid-body` where a value is out of its range, or came in the query as well
 */
export function withBodyFields<Q extends object, T extends z.ZodObject>(
  query: Q,
  fields: Readonly<Record<string, string>>,
  schema: T,
): Q {
  const names = Object.keys(fields).filter((name) => name in schema.shape);
  if (names.length === 0) return query;
  const faults = names
    .filter((name) => (query as Record<string, unknown>)[name] !== undefined)
    .map((name) => `${name} came in the query and in the body; send it once`);
  const result = schema.safeParse(fields);
  if (!result.success) {
    const wrong = new Set(result.error.issues.map(({ path }) => String(path[0])));
    for (const name of wrong) faults.push(`${name} ${QUERY_RULES[name] ?? 'is not understood'}`);
  }
  if (faults.length > 0) throw new ProblemError('invalid-body', faults.join('; '));
  const sent = Object.fromEntries(
    Object.entries(result.data!).filter(([, value]) => value !== undefined),
  );
  return { ...query, ...sent };
}
