import { expect, it } from 'vitest';
import { pickSamples } from './pick-samples.ts';

const images = ['a', 'b', 'c'].map((imageId) => ({ imageId }));

it('keeps the order of the ids', () => {
  expect(pickSamples(images, ['c', 'a'], 'the split')).toEqual([
    { imageId: 'c' },
    { imageId: 'a' },
  ]);
});

it('counts and names what is missing', () => {
  const ids = ['a', 'p', 'q', 'r', 's', 't', 'u'];
  expect(() => pickSamples(images, ids, 'the split')).toThrow(
    'the split names 6 images that the data lack: p, q, r, s, t, ...',
  );
});
