import { expect, it } from 'vitest';
import { HAM10000 } from './ham10000.ts';
import { HAM10000_LABELS } from './ham10000-label.ts';
import { labelsOf } from './taxonomy.ts';

it('are the labels of the file, in its order', () => {
  expect(HAM10000_LABELS).toEqual(labelsOf(HAM10000));
});
