const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;

/**
 * Where the first part of a multipart body begins, with its boundary: text before it is a preamble, and ignored
 * (RFC 2046, section 5.1.1).
 *
 * @returns 0 where there is no such boundary
 */
export function preambleLength(body: Uint8Array, boundary: string): number {
  const delimiter = new TextEncoder().encode(`--${boundary}`);
  for (let i = body.indexOf(DASH); i >= 0; i = body.indexOf(DASH, i + 1)) {
    const beginsLine = i === 0 || (body[i - 1] === LF && body[i - 2] === CR);
    if (beginsLine && delimiter.every((byte, k) => body[i + k] === byte)) {
      const next = body[i + delimiter.length];
      if (next === CR || next === DASH || next === SPACE || next === TAB) return i;
    }
  }
  return 0;
}
