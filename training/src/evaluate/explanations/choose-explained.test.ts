import type { Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { chooseExplained } from './choose-explained.ts';

const images = Array.from({ length: 200 }, (_, i) => ({
  imageId: `image-${i}`,
  label: (i % 20 === 0 ? 'df' : i % 5 === 0 ? 'mel' : 'nv') as Label,
  lesionId: i % 3 === 0 ? `lesion-${Math.floor(i / 6)}` : null,
}));

describe('chooseExplained', () => {
  it('takes classes in turn, one image a lesion, whatever the order of the images', () => {
    const chosen = chooseExplained(images, 21, 1);
    const count = (label: Label) => chosen.filter((image) => image.label === label).length;
    expect([count('df'), count('mel'), count('nv')]).toEqual([7, 7, 7]);
    const lesions = chosen.flatMap(({ lesionId }) => lesionId ?? []);
    expect(new Set(lesions).size).toBe(lesions.length);
    expect(chooseExplained(images.toReversed(), 21, 1)).toEqual(chosen);
    expect(chooseExplained(images, 21, 2)).not.toEqual(chosen);
  });

  it('goes on with the common classes where the rare ones end, and gives what there is', () => {
    const chosen = chooseExplained(images, 1000, 1);
    expect(chosen.length).toBeGreaterThan(150);
    expect(new Set(chosen).size).toBe(chosen.length);
  });
});
