import { expect, it } from 'vitest';
import { knownValue } from './missing-value.ts';

it.each([
  ...['', '  ', 'nan', 'NaN', 'NAN', 'None', 'none', 'NA', 'na', 'N/A', 'n/a', 'null', 'NULL'],
  ...['unknown', 'Unknown', ' nan ', '<NA>', '#N/A', '-', '?', undefined],
])('%j is missing', (cell) => {
  expect(knownValue(cell)).toBeUndefined();
});

it.each([
  ['L1', 'L1'],
  [' L1 ', 'L1'],
  ['0', '0'],
  ['Nancy', 'Nancy'],
  ['no', 'no'],
  ['nan1', 'nan1'],
])('%j is %j', (cell, value) => {
  expect(knownValue(cell)).toBe(value);
});
