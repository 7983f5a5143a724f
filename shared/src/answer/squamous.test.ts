import { expect, it } from 'vitest';
import { LABELS } from '../taxonomy.ts';
import { mayBeSquamous, squamousScore } from './squamous.ts';

const scores = LABELS.map((label) => (label === 'akiec' ? 0.01 : 0.165));

it('asks the class that squamous cell carcinoma grows out of', () => {
  expect(squamousScore(scores)).toBe(0.01);
  expect(mayBeSquamous(scores, 0.01, 'melanoma-sensitivity-95')).toBe(true);
  expect(mayBeSquamous(scores, 0.011, 'melanoma-sensitivity-95')).toBe(false);
});

it('does not ask where few benign lesions are to be flagged, nor of versions that cannot tell', () => {
  expect(mayBeSquamous(scores, 0.001, 'specificity-90')).toBe(false);
  expect(mayBeSquamous(scores, undefined, 'melanoma-sensitivity-98')).toBe(false);
});
