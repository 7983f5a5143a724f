import { ProblemError } from '../../answers/problem-error.ts';

/**
 * Fills bytes from a tensor in JSON: nested as its shape says, or flat, row by row.
 *
 * @throws ProblemError `invalid-body` naming the place of what is no whole number from 0 to 255, or
 *   of what is shorter or longer than the shape says
 */
export function readUint8Tensor(
  data: readonly unknown[],
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const size = shape.reduce((product, length) => product * length, 1);
  const bytes = new Uint8Array(size);
  const sizes = Array.isArray(data[0]) ? shape : [size];
  fill(bytes, 0, data, sizes, []);
  return bytes;
}

/** @returns where the next value goes */
function fill(
  bytes: Uint8Array,
  offset: number,
  values: unknown,
  sizes: readonly number[],
  place: readonly number[],
): number {
  const [size, ...inner] = sizes;
  if (!Array.isArray(values) || values.length !== size) {
    const found = Array.isArray(values) ? `${values.length} values` : 'no array';
    throw invalid(place, `has ${found}, where its shape says ${size}`);
  }
  if (inner.length > 0) {
    for (const [i, part] of values.entries()) {
      offset = fill(bytes, offset, part, inner, [...place, i]);
    }
    return offset;
  }
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    // What a byte would not keep: fractions, signs, what is too large, what is no number.
    bytes[offset] = value as number;
    if (bytes[offset] !== value) {
      throw invalid([...place, i], 'is no whole number from 0 to 255');
    }
    offset++;
  }
  return offset;
}

function invalid(place: readonly number[], fault: string): ProblemError {
  const path = place.map((index) => `[${index}]`).join('');
  return new ProblemError('invalid-body', `"data"${path} of "image" ${fault}`);
}
