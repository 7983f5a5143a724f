import type * as z from 'zod';

/** A value that fits its schema, or what is wrong with it: a line for each fault, with where it is. */
export type Checked<T> =
  | { readonly data: T; readonly faults?: undefined }
  | { readonly data?: undefined; readonly faults: readonly string[] };

type Issue = Parameters<z.core.$ZodErrorMap>[0];

/**
 * Checks a value against a schema and describes the faults in plain words, never in those of the validation
 * library: `head.epochs must be a whole number`.
 *
 * @param whole names the value itself in the faults that concern all of it
 */
export function checkSchema<T>(
  schema: z.ZodType<T>,
  value: unknown,
  whole = 'the document',
): Checked<T> {
  const result = schema.safeParse(value, { error: plainMessage });
  if (result.success) return { data: result.data };
  return {
    faults: result.error.issues.map(({ path, message }) =>
      `${path.map(String).join('.') || whole} ${message}`.trim(),
    ),
  };
}

/** The predicate of a fault's sentence. Never the value itself: it may be a secret. */
export const plainMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? `of type ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}`;
    case 'unrecognized_keys': {
      const names = issue.keys.map((key) => `"${key}"`).join(', ');
      return `has ${issue.keys.length === 1 ? 'an unknown member' : 'unknown members'}: ${names}`;
    }
    case 'too_small':
      return bound('least', 'more', issue.minimum, issue);
    case 'too_big':
      return bound('most', 'less', issue.maximum, issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return FORMATS[issue.format] ?? `must have the form ${issue.pattern ?? issue.format}`;
    case 'invalid_union':
      return unionMessage(issue);
    case 'invalid_key':
      return 'has a member with an invalid name';
    default:
      return 'is invalid';
  }
};

const TYPES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
  record: 'a JSON object',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'must be a time like 2026-01-31T12:00:00Z (ISO 8601, UTC)',
  url: 'must be a URL',
  base64: 'must be Base64',
  uuid: 'must be a UUID',
};

function bound(
  inclusively: string,
  exclusively: string,
  limit: number | bigint,
  { origin, inclusive, exact }: { origin: string; inclusive?: boolean; exact?: boolean },
): string {
  const count = exact
    ? `exactly ${limit}`
    : inclusive === false
      ? `${exclusively} than ${limit}`
      : `at ${inclusively} ${limit}`;
  if (origin === 'string') return `must have ${count} ${plural('character', limit)}`;
  if (origin === 'array' || origin === 'set') return `must have ${count} ${plural('item', limit)}`;
  return `must be ${count}`;
}

function plural(noun: string, count: number | bigint): string {
  return Number(count) === 1 ? noun : `${noun}s`;
}

function unionMessage(issue: Issue): string {
  if ('discriminator' in issue && Array.isArray(issue.options)) {
    return `must be ${oneOf(issue.options.map(String))}`;
  }
  const branches = (issue.errors ?? []) as readonly (readonly { message: string }[])[];
  const messages = branches.map(([first]) => first?.message).filter((text) => text !== undefined);
  return [...new Set(messages)].join(' or ') || 'is invalid';
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `one of ${values.join(', ')}`;
}
