import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../answers/problem-error.ts';
import { negotiate } from './negotiate.ts';

const OFFERED = ['image/png', 'application/json'] as const;

describe('negotiate', () => {
  it.each([
    [undefined, 'image/png'],
    ['', 'image/png'],
    ['*/*', 'image/png'],
    ['image/*', 'image/png'],
    ['image/png', 'image/png'],
    ['IMAGE/PNG', 'image/png'],
    ['application/json', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
    ['application/*', 'application/json'],
    ['text/html, application/json;q=0.9, */*;q=0.1', 'application/json'],
    ['application/json, image/png', 'image/png'],
    ['application/json, image/png;q=0.9', 'application/json'],
    ['*/*, image/png;q=0', 'application/json'],
    ['*/*;q=0.1, image/*;q=0', 'application/json'],
  ])('answers %j with %s', (accept, type) => {
    expect(negotiate(accept, OFFERED)).toBe(type);
  });

  it.each(['text/html', 'image/jpeg', 'application/json;q=0', '*/*;q=0', 'nonsense', ','])(
    'refuses %j',
    (accept) => {
      expect(() => negotiate(accept, OFFERED)).toThrow(ProblemError);
      expect(() => negotiate(accept, OFFERED)).toThrow('image/png or application/json');
    },
  );
});
