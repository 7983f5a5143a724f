import { describe, expect, it } from 'vitest';
import {
  type CaseIndex,
  type IndexedCase,
  readCaseIndex,
  serializeCaseIndex,
} from './case-index.ts';

const CASES: IndexedCase[] = [
  {
    imageId: 'ISIC_0024306',
    lesionId: 'HAM_0000550',
    label: 5,
    confirmedBy: 'follow_up',
    pictureBytes: 0,
  },
  {
    imageId: 'ISIC_0024316',
    lesionId: null,
    label: 4,
    confirmedBy: 'histology',
    pictureBytes: 65535,
  },
  {
    imageId: 'ISIC_0024316b',
    lesionId: 'HAM_0000551',
    label: 0,
    confirmedBy: 'unknown',
    pictureBytes: 700,
  },
  { imageId: 'Läsion\t7', lesionId: '', label: 1, confirmedBy: 'confocal', pictureBytes: 1 },
  { imageId: 'Läsion\t77', lesionId: 'x', label: 1, confirmedBy: 'clinical', pictureBytes: 0 },
];
const spec = { cases: CASES.length, features: 3, dimensions: 16 };
const index: CaseIndex = {
  projection: Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)),
  rows: Int8Array.from({ length: 16 * CASES.length }, (_, i) => ((i * 37) % 255) - 127),
  cases: CASES,
};

describe('the file of a case index', () => {
  const bytes = serializeCaseIndex(index);

  it('gives back what was written, with no lesion for an empty id', () => {
    // A view of larger memory, as files come on Node.
    const within = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(9)]);
    const read = readCaseIndex(within.subarray(7, -9), spec, 7);
    expect(read.rows).toEqual(index.rows);
    expect(read.cases).toEqual(CASES.map((one) => ({ ...one, lesionId: one.lesionId || null })));
    for (const [i, value] of index.projection.entries()) {
      expect(Math.abs(read.projection[i]! - value)).toBeLessThan(2e-5);
    }
  });

  it('costs a few bytes an id where they are alike', () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({
      ...CASES[0]!,
      imageId: `ISIC_${String(24306 + 3 * i).padStart(7, '0')}`,
    }));
    const rows = new Int8Array(16_000);
    const size = serializeCaseIndex({ ...index, rows, cases: many }).length;
    expect(size).toBeLessThan(96 + 1000 * (16 + 4 + 5 + 3));
  });

  it('refuses bytes of another index, cut off or with something behind', () => {
    expect(() => readCaseIndex(bytes, { ...spec, cases: 6 }, 7)).toThrow(RangeError);
    expect(() => readCaseIndex(bytes.subarray(0, 90), spec, 7)).toThrow('at least');
    expect(() => readCaseIndex(bytes.subarray(0, -3), spec, 7)).toThrow('9 ids where 10');
    expect(() => readCaseIndex(Uint8Array.of(...bytes, 0), spec, 7)).toThrow('cut off');
    expect(() => readCaseIndex(Uint8Array.of(...bytes, 32, 10), spec, 7)).toThrow(
      '11 ids where 10',
    );
    const wrongStart = bytes.slice();
    wrongStart[96 + 5 * 20] = 0x21;
    expect(() => readCaseIndex(wrongStart, spec, 7)).toThrow('more than there was before');
    expect(() => readCaseIndex(bytes, spec, 5)).toThrow('case 0');
  });

  it('refuses what it cannot hold', () => {
    const withCase = (change: Partial<IndexedCase>) => () =>
      serializeCaseIndex({ ...index, cases: [{ ...CASES[0]!, ...change }] });
    expect(withCase({ imageId: 'a\nb' })).toThrow('line feed');
    expect(withCase({ pictureBytes: 65536 })).toThrow('65535');
  });
});
