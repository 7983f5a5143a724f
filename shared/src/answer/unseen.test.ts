import { expect, it } from 'vitest';
import { HAM10000 } from '../taxonomy/ham10000.ts';
import { labelsOf } from '../taxonomy/taxonomy.ts';
import { mayBeUnseen, unseenScore } from './unseen.ts';

const scores = labelsOf(HAM10000).map((label) => (label === 'akiec' ? 0.01 : 0.165));

it('asks the class that squamous cell carcinoma grows out of', () => {
  expect(unseenScore(scores, HAM10000)).toBe(0.01);
  expect(mayBeUnseen(scores, 0.01, 'melanoma-sensitivity-95', HAM10000)).toBe(true);
  expect(mayBeUnseen(scores, 0.011, 'melanoma-sensitivity-95', HAM10000)).toBe(false);
});

it('does not ask where few benign lesions are to be flagged, nor of versions that cannot tell', () => {
  expect(mayBeUnseen(scores, 0.001, 'specificity-90', HAM10000)).toBe(false);
  expect(mayBeUnseen(scores, undefined, 'melanoma-sensitivity-98', HAM10000)).toBe(false);
  const complete = { ...HAM10000, unseen: [] };
  expect(unseenScore(scores, complete)).toBeUndefined();
  expect(mayBeUnseen(scores, 0.001, 'melanoma-sensitivity-95', complete)).toBe(false);
});
