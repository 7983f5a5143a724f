import { describe, expect, it } from 'vitest';
import { exifOrientation } from './exif-orientation.ts';
import { exifWithOrientation } from './exif-test-data.ts';

const ALL = [1, 2, 3, 4, 5, 6, 7, 8];
const SHORT = 3;
const LONG = 4;

describe('exifOrientation', () => {
  it.each(ALL)('reads %i in either byte order', (value) => {
    expect(exifOrientation(exifWithOrientation({ value, littleEndian: true }))).toBe(value);
    expect(exifOrientation(exifWithOrientation({ value, littleEndian: false }))).toBe(value);
  });

  it.each([1, SHORT, LONG])('reads the integer type %i', (type) => {
    for (const littleEndian of [true, false]) {
      expect(exifOrientation(exifWithOrientation({ value: 6, littleEndian, type }))).toBe(6);
    }
  });

  it.each([
    ['a value of 0', { value: 0 }],
    ['a value of 9', { value: 9 }],
    ['a text', { value: 6, type: 2 }],
    ['no number', { value: 6, count: 0 }],
    ['more numbers than the entry holds', { value: 6, count: 3 }],
    ['more numbers than there are bytes', { value: 6, count: 0xffffffff }],
    ['another tag', { value: 6, tag: 0x0113 }],
    ['a directory before the header ends', { value: 6, ifd: 4 }],
    ['a directory behind the end', { value: 6, ifd: 0xffffffff }],
  ])('is 1 for %s', (_, entry) => {
    for (const littleEndian of [true, false]) {
      expect(exifOrientation(exifWithOrientation({ ...entry, littleEndian }))).toBe(1);
    }
  });

  it('is 1 for other bytes than EXIF', () => {
    expect(exifOrientation(new Uint8Array(0))).toBe(1);
    expect(exifOrientation(new Uint8Array(64))).toBe(1);
    const noTiff = exifWithOrientation({ value: 6, littleEndian: true });
    noTiff[2] = 43;
    expect(exifOrientation(noTiff)).toBe(1);
  });

  it('finds the entry in a directory that declares more entries than it has', () => {
    const exif = exifWithOrientation({ value: 8, littleEndian: true, declaredEntries: 0xffff });
    expect(exifOrientation(exif)).toBe(8);
  });

  it('is 1 at every length that cuts the entry off', () => {
    const exif = exifWithOrientation({ value: 6, littleEndian: true });
    const ENTRY_END = 8 + 2 + 12;
    for (let length = 0; length <= exif.length; length++) {
      expect(exifOrientation(exif.subarray(0, length))).toBe(length < ENTRY_END ? 1 : 6);
    }
  });
});
