import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { expect, it } from 'vitest';
import { requireEveryClass, requireMeasuredClasses } from './require-every-class.ts';

const counts = (df: number, others = 9) =>
  Object.fromEntries(LABELS.map((label) => [label, label === 'df' ? df : others])) as Record<
    Label,
    number
  >;
const warned: string[] = [];
const check = (train: number, validation: number, neighbours?: number) =>
  requireEveryClass(
    { counts: { train: counts(train), validation: counts(validation) } },
    neighbours,
    (line) => warned.push(line),
  );

it('lets pass what has images of every class, and enough for SMOTE', () => {
  check(1, 1);
  check(6, 1, 5);
  expect(warned).toEqual([]);
});

it('names a class without training images, and does not speak of class weights', () => {
  expect(() => check(0, 1)).toThrow(/no training images of df: .*Add images/);
  expect(() => check(0, 1)).not.toThrow(/weights/);
});

it('names a class that SMOTE cannot draw', () => {
  expect(() => check(5, 1, 5)).toThrow(/SMOTE with 5 neighbours needs 6 .* fewer of df/);
});

it('warns of a class that cannot be measured', () => {
  check(1, 0);
  expect(warned).toEqual([expect.stringContaining('no validation images of df')]);
});

it('lets no run be exported with a class that was not measured', () => {
  const split = (validation: number) => ({
    counts: { train: counts(1), validation: counts(validation) },
  });
  expect(() => requireMeasuredClasses(split(0))).toThrow(
    /no validation images of df: .*Add images/,
  );
  expect(() => requireMeasuredClasses(split(1))).not.toThrow();
});
