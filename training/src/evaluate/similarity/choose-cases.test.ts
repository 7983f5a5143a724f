import type { Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { limitCases, oneImagePerLesion } from './choose-cases.ts';

const image = (imageId: string, lesionId: string | null, label: Label = 'nv') => ({
  imageId,
  lesionId,
  label,
});

describe('oneImagePerLesion', () => {
  it('keeps the first image of each lesion, and every image without one', () => {
    const images = [image('c', 'L1'), image('a', 'L1'), image('d', null), image('b', null)];
    expect(oneImagePerLesion(images).map(({ imageId }) => imageId)).toEqual(['a', 'b', 'd']);
  });
});

describe('limitCases', () => {
  const cases = [
    ...Array.from({ length: 50 }, (_, i) => image(`nv-${i}`, null, 'nv')),
    ...Array.from({ length: 30 }, (_, i) => image(`bkl-${i}`, null, 'bkl')),
    ...Array.from({ length: 4 }, (_, i) => image(`df-${i}`, null, 'df')),
  ];
  const counts = (most: number) => {
    const kept = limitCases(cases, most, 1);
    return ['nv', 'bkl', 'df'].map((label) => kept.filter((one) => one.label === label).length);
  };

  it('takes from the common classes alike, and all of a rare one', () => {
    expect(counts(84)).toEqual([50, 30, 4]);
    expect(counts(74)).toEqual([40, 30, 4]);
    expect(counts(44)).toEqual([20, 20, 4]);
    expect(counts(9)).toEqual([3, 3, 3]);
  });

  it('keeps the order, and draws the same again', () => {
    const kept = limitCases(cases, 20, 1);
    expect(kept).toEqual(cases.filter((one) => kept.includes(one)));
    expect(limitCases(cases, 20, 1)).toEqual(kept);
    expect(limitCases(cases, 20, 2)).not.toEqual(kept);
  });
});
