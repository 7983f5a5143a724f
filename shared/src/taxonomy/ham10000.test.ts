import { describe, expect, it } from 'vitest';
import {
  CLASS_COUNT,
  isLabel,
  LABELS,
  LESION_CLASSES,
  labelIndex,
} from './fixtures/ham10000-classes.ts';

/** Verhoeff's check digit, which every SNOMED CT identifier carries (SNOMED CT release file specification, 6.3). */
function hasVerhoeffCheckDigit(id: string): boolean {
  const shift = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
  const multiply = (a: number, b: number): number => {
    // The dihedral group of the pentagon: 0 to 4 are rotations, 5 to 9 reflections.
    const turn = a < 5 ? (a + (b % 5)) % 5 : (a - b + 10) % 5;
    return a < 5 === b < 5 ? turn : turn + 5;
  };
  const permute = (digit: number, times: number): number =>
    times === 0 ? digit : permute(shift[digit]!, times - 1);
  return (
    [...id].reverse().reduce((sum, digit, i) => multiply(sum, permute(Number(digit), i % 8)), 0) ===
    0
  );
}

describe('taxonomy', () => {
  it('has the seven labels in the order of the output vectors', () => {
    expect(LABELS).toEqual(['akiec', 'bcc', 'bkl', 'df', 'mel', 'nv', 'vasc']);
    expect(CLASS_COUNT).toBe(7);
    expect(LABELS.map(labelIndex)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(isLabel('mel')).toBe(true);
    expect(isLabel('MEL')).toBe(false);
  });

  it('calls melanoma and basal cell carcinoma malignant, akiec premalignant, the others benign', () => {
    expect(LABELS.map((label) => LESION_CLASSES[label].risk)).toEqual([
      'premalignant',
      'malignant',
      'benign',
      'benign',
      'malignant',
      'benign',
      'benign',
    ]);
  });

  it('carries well-formed codes only', () => {
    for (const label of LABELS) {
      for (const code of LESION_CLASSES[label].icd10) expect(code).toMatch(/^[A-Z]\d\d(\.\d)?$/);
      for (const code of LESION_CLASSES[label].icd11) {
        expect(code).toMatch(/^[1-9A-HJ-NP-Z][A-HJ-NP-Z]\d[0-9A-HJ-NP-Z](\.[0-9A-HJ-NP-Z]{1,2})?$/);
      }
      for (const id of LESION_CLASSES[label].snomedCt) {
        expect(hasVerhoeffCheckDigit(id), `${label}: ${id}`).toBe(true);
      }
    }
    expect(hasVerhoeffCheckDigit('254701008')).toBe(false);
    expect(hasVerhoeffCheckDigit('109264001')).toBe(false);
  });
});
