import { describe, expect, it } from 'vitest';
import {
  ADOBE_RGB,
  chunkColours,
  codedColours,
  type Primaries,
  SRGB_PRIMARIES,
  SRGB_TRANSFER,
} from './declared-colours.ts';
import { exifColours } from './exif-colours.ts';

describe('codedColours', () => {
  it('is undefined for sRGB, and where a code leaves it open', () => {
    expect(codedColours(1, 13, 0, 1)).toBeUndefined();
    expect(codedColours(2, 13, 0, 1)).toBeUndefined();
    expect(codedColours(12, 2, 0, 1)).toBeUndefined();
  });

  it('knows Display P3', () => {
    expect(codedColours(12, 13, 0, 1)).toMatchObject({
      primaries: { red: [0.68, 0.32], white: [0.3127, 0.329] },
      transfer: SRGB_TRANSFER,
    });
  });

  it.each([
    ['light beyond white', [9, 16, 0, 1]],
    ['hybrid log-gamma', [9, 18, 0, 1]],
    ['luma and chroma', [1, 13, 1, 1]],
    ['a narrow range', [1, 13, 0, 0]],
    ['unknown primaries', [99, 13, 0, 1]],
  ] as const)('does not read %s', (_, [primaries, transfer, matrix, range]) => {
    const declared = codedColours(primaries, transfer, matrix, range);
    expect(declared).toMatchObject({
      unsupported: expect.stringContaining(`${primaries}, ${transfer}`),
    });
  });
});

describe('chunkColours', () => {
  it('takes for sRGB what encoders write beside it', () => {
    expect(chunkColours(0.45455, SRGB_PRIMARIES)).toBeUndefined();
    expect(chunkColours(0.45455, undefined)).toBeUndefined();
    expect(chunkColours(undefined, { ...SRGB_PRIMARIES, red: [0.6401, 0.3299] })).toBeUndefined();
  });

  it('takes the exponent of a screen, and primaries', () => {
    expect(chunkColours(1 / 1.8, undefined)).toEqual({
      primaries: SRGB_PRIMARIES,
      transfer: { gamma: expect.closeTo(1.8, 9) },
    });
    const green: Primaries = { ...SRGB_PRIMARIES, green: [0.21, 0.71] };
    expect(chunkColours(undefined, green)).toEqual({ primaries: green, transfer: SRGB_TRANSFER });
  });

  it.each<[string, number | undefined, Primaries | undefined]>([
    ['no exponent', 0, undefined],
    ['primaries on a line', undefined, { ...SRGB_PRIMARIES, green: [0.395, 0.195] }],
    ['a white outside of them', undefined, { ...SRGB_PRIMARIES, white: [0.7, 0.29] }],
    ['a white of no light', undefined, { ...SRGB_PRIMARIES, white: [0.3, 0] }],
  ])('does not read %s', (_, gamma, primaries) => {
    expect(chunkColours(gamma, primaries)).toHaveProperty('unsupported');
  });
});

describe('exifColours', () => {
  /** Directories at 8, 26 and 56, little-endian. */
  function exif(space: number, index: string | undefined): Uint8Array {
    const bytes = new Uint8Array(76);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('II*\0'));
    view.setUint32(4, 8, true);
    const entry = (at: number, tag: number, type: number, count: number, value: number) => {
      view.setUint16(at, tag, true);
      view.setUint16(at + 2, type, true);
      view.setUint32(at + 4, count, true);
      view.setUint32(at + 8, value, true);
    };
    view.setUint16(8, 1, true);
    entry(10, 0x8769, 4, 1, 26);
    view.setUint16(26, index === undefined ? 1 : 2, true);
    entry(28, 0xa001, 3, 1, space);
    if (index === undefined) return bytes;
    entry(40, 0xa005, 4, 1, 56);
    view.setUint16(56, 1, true);
    entry(58, 0x0001, 2, 4, 0);
    bytes.set(new TextEncoder().encode(index), 66);
    return bytes;
  }

  it('knows Adobe RGB by the index R03, and by the value that some cameras write', () => {
    expect(exifColours(exif(0xffff, 'R03'))).toBe(ADOBE_RGB);
    expect(exifColours(exif(2, undefined))).toBe(ADOBE_RGB);
  });

  it('says nothing of sRGB, of uncalibrated colours alone, and of broken data', () => {
    expect(exifColours(exif(1, 'R98'))).toBeUndefined();
    expect(exifColours(exif(1, 'R03'))).toBeUndefined();
    expect(exifColours(exif(0xffff, 'R98'))).toBeUndefined();
    expect(exifColours(exif(0xffff, undefined))).toBeUndefined();
    const whole = exif(0xffff, 'R03');
    for (let end = 0; end < 66; end++) expect(exifColours(whole.slice(0, end))).toBeUndefined();
  });
});
