import type * as z from 'zod';

/**
 * Variables and secrets of a worker, by their schema. One that is set to nothing counts as not set.
 *
 * @throws Error naming each variable that has a wrong value, or that is ours by its name and not known
 */
export function readVariables<T extends z.ZodObject>(schema: T, bindings: object): z.output<T> {
  const set = Object.entries(bindings).filter(
    ([name, value]) => name.startsWith('NAEVUS_') && value !== undefined && value !== '',
  );
  const unknown = set.map(([name]) => name).filter((name) => !Object.hasOwn(schema.shape, name));
  const result = schema.safeParse(Object.fromEntries(set));
  const faults = [
    ...unknown.map((name) => `${name} is no variable of this worker`),
    // Never the value: one of them is secret.
    ...(result.error?.issues ?? []).map(({ path, message }) => `${String(path[0])} ${message}`),
  ];
  if (faults.length > 0 || !result.success) throw new Error(faults.join('; '));
  return result.data;
}
