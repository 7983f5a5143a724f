const INVALID = 255;
const SKIPPED = 254;

const VALUES = new Uint8Array(256).fill(INVALID);
for (const [value, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  VALUES[character.charCodeAt(0)] = value;
}
for (const whitespace of '\t\n\f\r ') VALUES[whitespace.charCodeAt(0)] = SKIPPED;

/** The text is not base64. */
export class Base64Error extends Error {
  override readonly name = 'Base64Error';
}

/**
 * Decodes base64 as the web does (WHATWG Infra, "forgiving-base64 decode"): the standard alphabet,
 * ASCII whitespace anywhere, padding optional. No runtime's own decoder is both strict and fast.
 *
 * @param encoded as text, or as the bytes of one in ASCII
 * @throws Base64Error naming the position of what is wrong
 */
export function decodeBase64(encoded: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const text = typeof encoded === 'string' ? new TextEncoder().encode(encoded) : encoded;
  let end = text.length;
  let padding = 0;
  for (; end > 0; end--) {
    const code = text[end - 1]!;
    if (code === 0x3d && padding < 2) padding++;
    else if (VALUES[code] !== SKIPPED) break;
  }

  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let length = 0;
  let digits = 0;
  let group = 0;
  for (let i = 0; i < end; i++) {
    const value = VALUES[text[i]!]!;
    if (value === SKIPPED) continue;
    if (value === INVALID) {
      throw new Base64Error(`character ${i + 1} is not of the base64 alphabet`);
    }
    group = (group << 6) | value;
    if (++digits % 4 === 0) {
      bytes[length++] = group >> 16;
      bytes[length++] = group >> 8;
      bytes[length++] = group;
      group = 0;
    }
  }

  const rest = digits % 4;
  if (rest === 1 || (padding > 0 && (digits + padding) % 4 !== 0)) {
    throw new Base64Error(`${digits} digits and ${padding} paddings do not make whole bytes`);
  }
  if (rest === 2) bytes[length++] = group >> 4;
  if (rest === 3) {
    bytes[length++] = group >> 10;
    bytes[length++] = group >> 2;
  }
  // A view whose buffer is longer would travel whole to a worker.
  return length === bytes.length ? bytes : bytes.slice(0, length);
}
