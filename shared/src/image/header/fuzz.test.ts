import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { exifOrientation } from './exif-orientation.ts';
import { guessForeignFormat } from './foreign-format.ts';
import { isImageHeaderError } from './image-header-error.ts';
import { readImageHeader } from './read-image-header.ts';

// On a loaded machine fewer cases, not a failure.
fc.configureGlobal({ interruptAfterTimeLimit: 8000 });

/** Bytes that some decoder begins with, so that the fuzz gets past the first check. */
const BEGINNINGS: readonly Uint8Array[] = [
  [0xff, 0xd8, 0xff],
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [...'RIFF\xff\0\0\0WEBP'].map((character) => character.charCodeAt(0)),
  [],
].map((bytes) => Uint8Array.from(bytes));

const image = sharp({ create: { width: 48, height: 40, channels: 3, background: '#a43' } })
  .withExif({ IFD0: { Orientation: '6', Software: 'fuzz' } })
  .withIccProfile('srgb');
const FILES = await Promise.all([
  image.clone().jpeg({ progressive: true }).toBuffer(),
  image.clone().png().toBuffer(),
  image.clone().webp().toBuffer(),
]);

/** A sound header, or an error of the two kinds there are; of numbers that make sense. */
function holds(bytes: Uint8Array): void {
  try {
    const { width, height, orientation, channels, bitDepth } = readImageHeader(bytes);
    for (const value of [width, height, orientation, channels, bitDepth]) {
      expect(Number.isInteger(value) && value >= 1).toBe(true);
    }
    expect(orientation).toBeLessThanOrEqual(8);
  } catch (error) {
    if (!isImageHeaderError(error)) throw error;
    expect(error.message.length).toBeLessThan(200);
  }
}

describe('readImageHeader', () => {
  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BEGINNINGS), fc.uint8Array({ maxLength: 300 }), (head, tail) =>
        holds(Uint8Array.from([...head, ...tail])),
      ),
      { numRuns: 2000 },
    );
  });

  it('takes sound files with bytes changed, put in and taken out', () => {
    const edit = fc.record({
      at: fc.nat(700),
      remove: fc.nat(4),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 6 }),
        fc.constantFrom(
          Uint8Array.of(0, 0),
          Uint8Array.of(0xff, 0xff, 0xff, 0xff),
          Uint8Array.of(0xff, 0xe1, 0, 8),
          Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
        ),
      ),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...FILES),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (file, edits) => {
          let bytes = [...file];
          for (const { at, remove, insert } of edits) {
            const place = at % bytes.length;
            bytes = [...bytes.slice(0, place), ...insert, ...bytes.slice(place + remove)];
          }
          holds(Uint8Array.from(bytes));
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe('exifOrientation', () => {
  it('is 1 to 8 for any bytes', () => {
    const header = fc.constantFrom('II*\0\x08\0\0\0', 'MM\0*\0\0\0\x08', '');
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 80 }), (start, rest) => {
        const bytes = [...start].map((character) => character.charCodeAt(0));
        const orientation = exifOrientation(Uint8Array.from([...bytes, ...rest]));
        expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(orientation);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('guessForeignFormat', () => {
  it('takes any bytes', () => {
    const start = fc.constantFrom('', 'ftyp', '\0\0\0\x0cftyp', '<', '{', 'data:', '\xef\xbb\xbf');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (text, rest) => {
        const bytes = [...text].map((character) => character.charCodeAt(0));
        const guess = guessForeignFormat(Uint8Array.from([...bytes, ...rest]));
        expect(['string', 'undefined']).toContain(typeof guess);
      }),
      { numRuns: 2000 },
    );
  });
});
