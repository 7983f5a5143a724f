import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { scoredImages } from '../metrics/fixtures/scored-images.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import { chooseGallery } from './choose-gallery.ts';

describe('chooseGallery', () => {
  const images = scoredImages(400, 5);
  const rows = chooseGallery(images, { each: 3, seed: 1 });

  it('has a row a class, right and wrong answers on their sides', () => {
    expect(rows.map(({ label }) => label)).toEqual(LABELS);
    for (const { label, right, wrong } of rows) {
      expect(right).toHaveLength(3);
      expect(wrong.length).toBeGreaterThan(0);
      for (const image of [...right, ...wrong]) expect(image.label).toBe(label);
      for (const { scores } of right) expect(LABELS[topClass(scores)]).toBe(label);
      for (const { scores } of wrong) expect(LABELS[topClass(scores)]).not.toBe(label);
    }
  });

  it('shows a lesion once a class', () => {
    for (const { right, wrong } of rows) {
      const lesions = [...right, ...wrong].map(({ lesionId }) => lesionId);
      expect(new Set(lesions).size).toBe(lesions.length);
    }
  });

  it('is the same whatever the order, and another by another seed', () => {
    expect(chooseGallery(images.toReversed(), { each: 3, seed: 1 })).toEqual(rows);
    expect(chooseGallery(images, { each: 3, seed: 2 })).not.toEqual(rows);
  });
});
