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

it('asks for a share beside other classes where it is told by one', () => {
  const beside = { least: 0.05, against: ['nv'] };
  expect(unseenScore(scores, HAM10000, ['nv'])).toBeCloseTo(0.01 / 0.175, 9);
  expect(mayBeUnseen(scores, beside, 'melanoma-sensitivity-95', HAM10000)).toBe(true);
  const naevus = labelsOf(HAM10000).map((label) => (label === 'nv' ? 0.9 : 0.1 / 6));
  expect(mayBeUnseen(naevus, beside, 'melanoma-sensitivity-95', HAM10000)).toBe(false);
  expect(mayBeUnseen(scores, beside, 'specificity-90', HAM10000)).toBe(false);
  const nothing = labelsOf(HAM10000).map((label) => (label === 'mel' ? 1 : 0));
  expect(unseenScore(nothing, HAM10000, ['nv'])).toBe(0);
});
