import { describe, expect, it } from 'vitest';
import { Base64Error, decodeBase64 } from './base64.ts';

const text = (encoded: string): string => new TextDecoder().decode(decodeBase64(encoded));

describe('decodeBase64', () => {
  // RFC 4648, section 10.
  it.each([
    ['', ''],
    ['Zg==', 'f'],
    ['Zm8=', 'fo'],
    ['Zm9v', 'foo'],
    ['Zm9vYg==', 'foob'],
    ['Zm9vYmE=', 'fooba'],
    ['Zm9vYmFy', 'foobar'],
  ])('decodes %j', (encoded, decoded) => {
    expect(text(encoded)).toBe(decoded);
  });

  it('takes line breaks and missing padding', () => {
    expect(text('Zm9v\r\nYmFy\n')).toBe('foobar');
    expect(text('Zm8')).toBe('fo');
    expect(text('Zg= =\n')).toBe('f');
  });

  it('gives every byte back', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
      const decoded = decodeBase64(Buffer.from(bytes).toString('base64'));
      expect(decoded).toEqual(bytes);
      expect(decoded.buffer.byteLength).toBe(length);
    }
  });

  it.each([
    'Z',
    'Zm9vY',
    'Zm9v=',
    'Zg=',
    'Zg===',
    'Z=g=',
    'Zm-v',
    'Zm_v',
    'Zm9v!',
    'Zm9\u0176',
    'é',
    '====',
    '=',
  ])('refuses %j', (encoded) => {
    expect(() => decodeBase64(encoded)).toThrow(Base64Error);
  });
});
