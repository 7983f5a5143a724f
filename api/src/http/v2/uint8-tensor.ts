import { ProblemError } from '../../answers/problem-error.ts';
import { malformed, type Span, skipSpace } from '../request/cut-json.ts';

const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** A number of JSON that is more than digits. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const MAX_NUMBER_BYTES = 40;

/**
 * Reads the bytes of a tensor out of JSON: nested as its shape says, or flat, row by row. As they come, and no
 * further than the first that is wrong: there may be millions.
 *
 * @param span an array
 * @throws ProblemError `invalid-body` naming the place of what is no whole number from 0 to 255, or of what is
 *   shorter or longer than the shape says; `malformed-body`
 */
export function readUint8Tensor(
  json: Uint8Array,
  span: Span,
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const size = shape.reduce((product, length) => product * length, 1);
  const nested = json[skipSpace(json, span.start + 1)] === OPEN_ARRAY;
  const reader = new TensorReader(json, span.start, new Uint8Array(size), nested ? shape : [size]);
  reader.readArray(0);
  if (reader.place !== span.end) throw malformed();
  return reader.values;
}

class TensorReader {
  readonly #json: Uint8Array;
  readonly #sizes: readonly number[];
  /** Index in each array around the value that is read. */
  readonly #indices: number[] = [];
  readonly values: Uint8Array<ArrayBuffer>;
  place: number;
  #filled = 0;

  constructor(
    json: Uint8Array,
    place: number,
    values: Uint8Array<ArrayBuffer>,
    sizes: readonly number[],
  ) {
    this.#json = json;
    this.place = place;
    this.values = values;
    this.#sizes = sizes;
  }

  readArray(level: number): void {
    const size = this.#sizes[level]!;
    const innermost = level === this.#sizes.length - 1;
    if (this.#json[this.place] !== OPEN_ARRAY) {
      throw this.#invalid(`has no array, where its shape says ${size}`);
    }
    this.place = skipSpace(this.#json, this.place + 1);
    if (this.#json[this.place] === CLOSE_ARRAY) {
      throw this.#invalid(`has 0 values, where its shape says ${size}`);
    }
    for (let count = 0; ; ) {
      if (count === size) {
        throw this.#invalid(`has more than ${size} values, where its shape says ${size}`);
      }
      this.#indices.push(count);
      if (innermost) this.values[this.#filled++] = this.#readByte();
      else this.readArray(level + 1);
      this.#indices.pop();
      count++;
      const byte = this.#json[skipSpace(this.#json, this.place)];
      this.place = skipSpace(this.#json, this.place) + 1;
      if (byte === CLOSE_ARRAY) {
        if (count === size) return;
        throw this.#invalid(`has ${count} values, where its shape says ${size}`);
      }
      if (byte !== COMMA) throw malformed();
      this.place = skipSpace(this.#json, this.place);
    }
  }

  #readByte(): number {
    const json = this.#json;
    const first = json[this.place]!;
    if (first < ZERO || first > NINE) return this.#readOther();
    let value = first - ZERO;
    let i = this.place + 1;
    for (let byte = json[i]!; byte >= ZERO && byte <= NINE && value <= 255; byte = json[++i]!) {
      if (value === 0) throw malformed();
      value = 10 * value + byte - ZERO;
    }
    const next = json[i];
    // A fraction, or an exponent of either case.
    if (value > 255 || next === DOT || next === 0x65 || next === 0x45) return this.#readOther();
    this.place = i;
    return value;
  }

  /** What is not only digits: numbers such as 1.0 and 2e1 are whole, too. */
  #readOther(): number {
    const start = this.place;
    let end = start;
    while (end < this.#json.length && isOfNumber(this.#json[end]!)) end++;
    const text = String.fromCharCode(
      ...this.#json.subarray(start, Math.min(end, start + MAX_NUMBER_BYTES + 1)),
    );
    const byte = Uint8Array.of(Number(text))[0]!;
    if (text.length > MAX_NUMBER_BYTES || !NUMBER.test(text) || byte !== Number(text)) {
      throw this.#invalid('is no whole number from 0 to 255');
    }
    this.place = end;
    return byte;
  }

  #invalid(fault: string): ProblemError {
    const path = this.#indices.map((index) => `[${index}]`).join('');
    return new ProblemError('invalid-body', `"data"${path} of "image" ${fault}`);
  }
}

function isOfNumber(byte: number): boolean {
  const letter = byte | 0x20;
  return (
    (byte >= ZERO && byte <= NINE) ||
    byte === DOT ||
    byte === MINUS ||
    byte === 0x2b ||
    letter === 0x65
  );
}
