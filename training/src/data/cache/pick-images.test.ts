import { expect, it } from 'vitest';
import type { LabelledImages } from './labelled-images.ts';
import { pickImages } from './pick-images.ts';

it('copies images with all that belongs to them', () => {
  const size = 2;
  const pixels = new SharedArrayBuffer(3 * size * size * 3);
  new Uint8Array(pixels).forEach((_, i, bytes) => {
    bytes[i] = i;
  });
  const images: LabelledImages = {
    imageIds: ['a', 'b', 'c'],
    labels: [0, 1, 2],
    strata: [0, 1, 9],
    sources: ['home', 'abroad'],
    pixels,
    size,
    aspects: Float32Array.of(1, 1.5, 2),
  };
  const picked = pickImages(images, [2, 0]);
  expect(picked).toMatchObject({
    imageIds: ['c', 'a'],
    labels: [2, 0],
    strata: [9, 0],
    sources: ['home', 'abroad'],
    size,
  });
  expect([...picked.aspects]).toEqual([2, 1]);
  const bytes = new Uint8Array(picked.pixels);
  expect([bytes.length, bytes[0], bytes[11], bytes[12]]).toEqual([24, 24, 35, 0]);
});
