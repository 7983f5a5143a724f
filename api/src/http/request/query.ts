import { oncePer } from '@naevus/shared/once-per';
import { unknownNames } from '@naevus/shared/validation/nearest-name';
import type { HonoRequest } from 'hono';
import type * as z from 'zod';
import { ProblemError } from '../../answers/problem-error.ts';
import { ANY_REQUEST_SCHEMAS } from '../../schemas/request.ts';

/** What a request without a query is taken to ask for, parsed once: nearly all are such. */
const defaultsOf = oncePer((schema: z.ZodObject): unknown => Object.freeze(schema.parse({})));

/**
 * The query of a request, by its schema.
 *
 * @param schema whose members are all optional, or have a default
 * @param rules what each value must be; of the version that is asked, where that matters
 * @throws ProblemError `invalid-query`, with what each wrong value should have been, and for a name that is not known
 *   with the one that was most likely meant
 */
export function readQuery<T extends z.ZodObject>(
  request: HonoRequest,
  schema: T,
  rules?: QueryRules,
): z.infer<T> {
  if (!request.url.includes('?')) return defaultsOf(schema) as z.infer<T>;
  const sent = request.queries();
  const names = Object.keys(schema.shape);
  const faults = unknownNames(Object.keys(sent), names, 'query parameter');
  const values: Record<string, string> = {};
  for (const name of names) {
    const [value, ...more] = sent[name] ?? [];
    if (more.length > 0) faults.push(`${name} came ${more.length + 1} times; send it once`);
    else if (value !== undefined) values[name] = value;
  }
  const result = schema.safeParse(values);
  if (!result.success) faults.push(...brokenRules(result.error, rules));
  if (faults.length > 0 || !result.success)
    throw new ProblemError('invalid-query', faults.join('; '));
  return result.data;
}

/** What each value of a query must be, in words. */
type QueryRules = Readonly<Record<string, string>>;

/** What each wrong value of a query should have been. */
export function brokenRules(
  { issues }: z.ZodError,
  rules: QueryRules = ANY_REQUEST_SCHEMAS.rules,
): string[] {
  const names = new Set(issues.map(({ path }) => String(path[0])));
  return [...names].map((name) => `${name} ${rules[name] ?? 'is not understood'}`);
}
