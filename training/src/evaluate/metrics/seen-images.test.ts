import { expect, it } from 'vitest';
import { countSeen, seenWarnings } from './seen-images.ts';

const images = ['a', 'b', 'c'].map((imageId) => ({ imageId }));

it.each([
  [{ train: ['a', 'x'], validation: ['b', 'c'] }, 1, 2, [/trained on 1 of these 3/, /fitted on 2/]],
  [{ train: ['x'], validation: ['a', 'b', 'c'] }, 0, 3, [/fitted on 3 of these 3/]],
  [{ train: ['x'], validation: ['y'] }, 0, 0, []],
  [undefined, null, null, [/is not known/]],
])('tells what of a split %j is measured on', (split, trainedOn, fittedOn, expected) => {
  const seen = countSeen(images, split);
  expect(seen).toEqual({ images: 3, trainedOn, fittedOn });
  const warnings = seenWarnings(seen, '1.2.3', 'split.json');
  expect(warnings).toHaveLength(expected.length);
  for (const [i, text] of expected.entries()) expect(warnings[i]).toMatch(text);
});
