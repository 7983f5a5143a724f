import { checkSchema } from '@naevus/shared/validation/check-schema';
import type * as z from 'zod';
import { ProblemError } from '../../answers/problem-error.ts';

/** Levels of arrays and objects in a body: a tensor lies seven deep. */
const MAX_DEPTH = 16;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Parses a JSON body, after a look at how much there is to parse: a body of ten million brackets
 * keeps `JSON.parse` busy for seconds, and takes hundreds of megabytes.
 *
 * @param maxValues how many values there may be, where long strings count as one
 * @throws ProblemError `malformed-body`, `invalid-body`
 */
export function parseJson(bytes: Uint8Array, maxValues: number): unknown {
  checkStructure(bytes, maxValues);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ProblemError('malformed-body', 'the body is not valid JSON in UTF-8');
  }
}

/** How many faults of a body are named: it may have one in each of its values. */
const NAMED_FAULTS = 5;

/**
 * Parses a JSON body that has to fit a schema; of what is wrong, the first faults are named.
 *
 * @param maxValues as {@link parseJson}
 * @throws ProblemError `malformed-body`, `invalid-body`
 */
export function parseBody<T>(bytes: Uint8Array, maxValues: number, schema: z.ZodType<T>): T {
  const { data, faults } = checkSchema(schema, parseJson(bytes, maxValues), 'the body');
  if (faults === undefined) return data;
  const named = faults.slice(0, NAMED_FAULTS);
  const more = faults.length - named.length;
  if (more > 0) named.push(`and ${more} more`);
  throw new ProblemError('invalid-body', named.join('; '));
}

function checkStructure(bytes: Uint8Array, maxValues: number): void {
  let depth = 0;
  let values = 1;
  const count = (): void => {
    if (++values <= maxValues) return;
    throw new ProblemError('invalid-body', `the body has more than ${maxValues} values`);
  };
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      i = stringEnd(bytes, i);
    } else if (byte === COMMA) {
      count();
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      count();
      if (++depth > MAX_DEPTH) {
        throw new ProblemError('invalid-body', `the body nests more than ${MAX_DEPTH} levels deep`);
      }
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
    }
  }
}

/** Where the string that begins at `start` ends; the end of the bytes where it does not. */
function stringEnd(bytes: Uint8Array, start: number): number {
  for (let end = start; ; ) {
    end = bytes.indexOf(QUOTE, end + 1);
    if (end < 0) return bytes.length;
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
