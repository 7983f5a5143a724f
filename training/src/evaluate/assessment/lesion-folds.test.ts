import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { expect, it } from 'vitest';
import { countLesions } from '../../data/load/count-lesions.ts';
import { lesionFolds } from './lesion-folds.ts';

const images = LABELS.flatMap((label) =>
  Array.from({ length: 30 }, (_, i) => ({
    label,
    lesionId: i % 10 === 0 ? null : `${label}-${Math.floor(i / 2)}`,
  })),
);

it('keeps a lesion in one fold, and gives each fold its share of each class', () => {
  const folds = lesionFolds(images, 5, 1);
  const foldOf = new Map<string, number>();
  for (const [i, { lesionId }] of images.entries()) {
    if (lesionId === null) continue;
    expect(foldOf.get(lesionId) ?? folds[i]).toBe(folds[i]);
    foldOf.set(lesionId, folds[i]!);
  }
  for (const label of LABELS) {
    for (let fold = 0; fold < 5; fold++) {
      const count = images.filter((image, i) => image.label === label && folds[i] === fold).length;
      expect(count).toBeGreaterThanOrEqual(3);
      expect(count).toBeLessThanOrEqual(9);
    }
  }
});

it('deals otherwise with another seed, and the same with the same', () => {
  expect(lesionFolds(images, 5, 1)).toEqual(lesionFolds(images, 5, 1));
  expect(lesionFolds(images, 5, 2)).not.toEqual(lesionFolds(images, 5, 1));
});

it('counts lesions, and refuses more folds than there are', () => {
  const few = [
    { label: 'nv', lesionId: 'a' },
    { label: 'nv', lesionId: 'a' },
    { label: 'nv', lesionId: null },
  ] as const;
  expect(countLesions(few)).toBe(2);
  expect(() => lesionFolds(few, 3, 1)).toThrow('2 lesions');
});
