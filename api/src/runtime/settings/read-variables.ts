import { checkSchema } from '@naevus/shared/validation/check-schema';
import type * as z from 'zod';
import { SettingsError } from './settings-error.ts';

/** Names of this project's own settings begin so: another one of them is a typing error. */
const PREFIX = 'NAEVUS_';

interface ReadOptions {
  /** What is wrong with a name that begins as ours do and is not in the schema. */
  readonly unknown: string;
  /** Names that begin as ours do and are set by something else. */
  readonly foreign?: RegExp;
  /** Settings whose values may be repeated in a message; none by default. */
  readonly printable?: (name: string) => boolean;
}

/**
 * Settings by their schema: the environment of a process, or the bindings of a worker. Empty counts as unset.
 *
 * @throws SettingsError naming each setting that has a wrong value, or is unknown
 */
export function readVariables<T extends z.ZodObject>(
  schema: T,
  variables: Readonly<Record<string, unknown>>,
  { unknown, foreign, printable }: ReadOptions,
): z.output<T> {
  const set = Object.entries(variables).filter(([, value]) => value !== undefined && value !== '');
  const faults = set
    .map(([name]) => name)
    .filter((name) => name.startsWith(PREFIX) && !Object.hasOwn(schema.shape, name))
    .filter((name) => !foreign?.test(name))
    .map((name) => `${name} ${unknown}`);
  const ours = set
    .filter(([name]) => Object.hasOwn(schema.shape, name))
    .map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]);
  const result = checkSchema(schema, Object.fromEntries(ours));
  for (const fault of result.faults ?? []) {
    const name = fault.slice(0, fault.indexOf(' '));
    const value = printable?.(name) ? `, not ${JSON.stringify(variables[name])}` : '';
    faults.push(`${fault}${value}`);
  }
  if (faults.length > 0 || result.data === undefined) throw new SettingsError(faults.join('\n'));
  return result.data as z.output<T>;
}
