import { describe, expect, it } from 'vitest';
import { hottestPlace, percent, sentence } from './wording.ts';

describe('percent', () => {
  it.each([
    [0.8123, '81.2%'],
    [0.5, '50.0%'],
    [0.0005, '0.1%'],
    [0.0004, '<0.1%'],
    [0, '<0.1%'],
    [0.9995, '100.0%'],
    [0.9996, '>99.9%'],
    [1, '>99.9%'],
  ])('%f is %s', (score, text) => {
    expect(percent(score)).toBe(text);
  });

  it('is written as the language writes it', () => {
    expect(percent(0.8123, 'de')).toBe('81,2\u00a0%');
    expect(percent(0.0001, 'fr')).toMatch(/^<0,1\s%$/);
  });
});

describe('sentence', () => {
  it.each([
    ['the first bytes look like HEIC', 'The first bytes look like HEIC.'],
    ['Too busy. ', 'Too busy.'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(sentence(text)).toBe(expected);
  });
});

describe('hottestPlace', () => {
  const grid = (y: number, x: number) =>
    Array.from({ length: 7 }, (_, row) =>
      Array.from({ length: 7 }, (_, column) => (row === y && column === x ? 1 : 0.2)),
    );

  it.each([
    [0, 0, 'top left'],
    [0, 6, 'top right'],
    [6, 0, 'bottom left'],
    [3, 3, 'centre'],
    [3, 5, 'right'],
    [1, 3, 'top'],
    [5, 2, 'bottom'],
  ])('row %i, column %i is %s', (y, x, place) => {
    expect(hottestPlace(grid(y, x))).toBe(place);
  });

  it('is nowhere on a cold map', () => {
    expect(hottestPlace(grid(9, 9).map((row) => row.map(() => 0)))).toBeUndefined();
  });
});
