import type { HonoRequest } from 'hono';
import type * as z from 'zod';
import { ProblemError } from '../../answers/problem-error.ts';
import { QUERY_RULES } from '../../schemas/request.ts';

/** What a request without a query is taken to ask for. */
const DEFAULTS = new WeakMap<z.ZodObject, unknown>();

/**
 * The query of a request, by its schema.
 *
 * @param schema whose members are all optional, or have a default
 * @throws ProblemError `invalid-query`, with what each wrong value should have been
 */
export function readQuery<T extends z.ZodObject>(request: HonoRequest, schema: T): z.infer<T> {
  if (!request.url.includes('?')) return defaultsOf(schema);
  const sent = request.queries();
  const faults: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const [value, ...more] = sent[name] ?? [];
    if (more.length > 0) faults.push(`${name} came ${more.length + 1} times; send it once`);
    else if (value !== undefined) values[name] = value;
  }
  const result = schema.safeParse(values);
  if (!result.success) {
    const names = new Set(result.error.issues.map((issue) => String(issue.path[0])));
    for (const name of names) faults.push(`${name} ${QUERY_RULES[name] ?? 'is not understood'}`);
  }
  if (faults.length > 0 || !result.success)
    throw new ProblemError('invalid-query', faults.join('; '));
  return result.data;
}

/** Parsed once: nearly all requests have no query. */
function defaultsOf<T extends z.ZodObject>(schema: T): z.infer<T> {
  if (!DEFAULTS.has(schema)) DEFAULTS.set(schema, Object.freeze(schema.parse({})));
  return DEFAULTS.get(schema) as z.infer<T>;
}
