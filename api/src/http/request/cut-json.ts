import { ProblemError } from '../../answers/problem-error.ts';

/** Levels of arrays and objects in a body: a tensor lies seven deep. */
const MAX_DEPTH = 16;

/** A longer name of a member is not one of ours. */
const MAX_KEY_BYTES = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The bytes of one value inside of a JSON text, the end not among them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A parsed text whose large values were left out. */
export interface CutJson {
  /** Each value that was cut is a number in it: its index among `cut`. */
  readonly value: unknown;
  readonly cut: readonly Span[];
}

export interface CutOptions {
  /** Whether a member of an object is cut out; a member of the outermost object is at depth 1. */
  readonly cuts: (depth: number, name: string) => boolean;
  /** How many values there may be beside those that are cut out. */
  readonly maxValues: number;
}

/**
 * Parses a JSON body without its large values, which stay where they are: a body of five million numbers keeps
 * `JSON.parse` busy for a second, and takes hundreds of megabytes.
 *
 * @throws ProblemError `malformed-body`, `invalid-body`
 */
export function parseCutJson(bytes: Uint8Array, { cuts, maxValues }: CutOptions): CutJson {
  const text = new TextDecoder('utf-8', { fatal: true });
  const cut: Span[] = [];
  const isObject: boolean[] = [];
  let skeleton = '';
  let copied = 0;
  let values = 1;
  let key: Span | undefined;
  let awaitsKey = false;
  const count = (): void => {
    if (++values > maxValues) {
      throw new ProblemError('invalid-body', `the body has more than ${maxValues} values`);
    }
  };
  try {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE) {
        const end = stringEnd(bytes, i);
        if (awaitsKey) key = { start: i, end };
        i = end - 1;
      } else if (byte === COLON) {
        awaitsKey = false;
        const name = key && nameOf(bytes, key);
        if (name === undefined || !cuts(isObject.length, name)) continue;
        const start = skipSpace(bytes, i + 1);
        const end = valueEnd(bytes, start);
        skeleton += `${text.decode(bytes.subarray(copied, i + 1))}${cut.length}`;
        cut.push({ start, end });
        copied = end;
        i = end - 1;
      } else if (byte === COMMA) {
        count();
        awaitsKey = isObject.at(-1) === true;
      } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        count();
        awaitsKey = byte === OPEN_OBJECT;
        isObject.push(awaitsKey);
        if (isObject.length > MAX_DEPTH) throw tooDeep();
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        isObject.pop();
        awaitsKey = false;
      }
    }
    skeleton += text.decode(bytes.subarray(copied));
    return { value: JSON.parse(skeleton), cut };
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw malformed();
  }
}

/**
 * The elements of an array.
 *
 * @throws ProblemError `malformed-body` where it is no array, `invalid-body` where there are more than `most`
 */
export function arrayElements(bytes: Uint8Array, { start, end }: Span, most: number): Span[] {
  if (bytes[start] !== OPEN_ARRAY) throw malformed();
  const elements: Span[] = [];
  let i = skipSpace(bytes, start + 1);
  if (bytes[i] === CLOSE_ARRAY && i === end - 1) return elements;
  for (;;) {
    const element = { start: i, end: valueEnd(bytes, i) };
    if (elements.push(element) > most) {
      throw new ProblemError('invalid-body', `the body has more than ${most} values`);
    }
    i = skipSpace(bytes, element.end);
    if (bytes[i] === CLOSE_ARRAY && i === end - 1) return elements;
    if (bytes[i] !== COMMA || i >= end) throw malformed();
    i = skipSpace(bytes, i + 1);
  }
}

/**
 * A small value of the same kind as one that was cut out, for a schema to check.
 *
 * @throws ProblemError `malformed-body`
 */
export function sameKind(bytes: Uint8Array, span: Span): unknown {
  if (stringBytes(bytes, span) !== undefined) return '';
  if (isArray(bytes, span)) return [];
  if (bytes[span.start] === OPEN_OBJECT) return {};
  try {
    return JSON.parse(String.fromCharCode(...bytes.subarray(span.start, span.end).slice(0, 64)));
  } catch {
    throw malformed();
  }
}

/** Whether a value is an array. */
export function isArray(bytes: Uint8Array, { start }: Span): boolean {
  return bytes[start] === OPEN_ARRAY;
}

/**
 * The characters of a string, as they are in UTF-8; undefined where the value is something else.
 *
 * @throws ProblemError `malformed-body`
 */
export function stringBytes(bytes: Uint8Array, { start, end }: Span): Uint8Array | undefined {
  if (bytes[start] !== QUOTE) return undefined;
  const content = bytes.subarray(start + 1, end - 1);
  if (end - start < 2 || bytes[end - 1] !== QUOTE) throw malformed();
  if (!content.includes(BACKSLASH)) return content;
  // Such as PHP writes them: a slash is escaped there.
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    return new TextEncoder().encode(JSON.parse(text));
  } catch {
    throw malformed();
  }
}

/** The place behind white space. */
export function skipSpace(bytes: Uint8Array, place: number): number {
  let i = place;
  for (let byte = bytes[i]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) {
    byte = bytes[++i];
  }
  return i;
}

/** A body that is no JSON. */
export function malformed(): ProblemError {
  return new ProblemError('malformed-body', 'the body is not valid JSON in UTF-8');
}

/** The place behind a value; what is in it is not looked at closely. */
function valueEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start);
  if (first === OPEN_ARRAY || first === OPEN_OBJECT) return containerEnd(bytes, start);
  let end = start;
  while (end < bytes.length && !endsScalar(bytes[end]!)) end++;
  if (end === start) throw malformed();
  return end;
}

function containerEnd(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i]!;
    // Digits, commas and dots, most of all: less than all that matters here but quotes.
    if (byte < OPEN_ARRAY && byte !== QUOTE) continue;
    if (byte === QUOTE) {
      i = stringEnd(bytes, i) - 1;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) throw tooDeep();
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      if (--depth === 0) return i + 1;
    }
  }
  throw malformed();
}

function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || byte <= 0x20;
}

/** The place behind the string that begins at `start`. */
function stringEnd(bytes: Uint8Array, start: number): number {
  for (let end = start; ; ) {
    end = bytes.indexOf(QUOTE, end + 1);
    if (end < 0) throw malformed();
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

function nameOf(bytes: Uint8Array, { start, end }: Span): string | undefined {
  if (end - start > MAX_KEY_BYTES) return undefined;
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

function tooDeep(): ProblemError {
  return new ProblemError('invalid-body', `the body nests more than ${MAX_DEPTH} levels deep`);
}
