import { expect, it } from 'vitest';
import { pictureOrder } from './choose-pictured.ts';

/** A common class on a line, each case near to those beside it, then three cases of a rare one. */
const COMMON = 600;
const labels = [...Array.from({ length: COMMON }, () => 0), 1, 1, 1];
const nearest = (position: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => position + (i % 2 === 0 ? 1 : -1) * (1 + (i >> 1))).map(
    (neighbour) => (neighbour + labels.length) % labels.length,
  );

it('takes the rare class first, and every case once', () => {
  const order = pictureOrder(labels, nearest);
  expect(order.slice(0, 3)).toEqual([600, 601, 602]);
  expect(order.toSorted((a, b) => a - b)).toEqual([...labels.keys()]);
});

it('spreads the others, so that early on most cases have a picture near', () => {
  const order = pictureOrder(labels, nearest);
  const pictured = new Set(order.slice(0, 303));
  const covered = labels.filter(
    (_, position) => nearest(position, 10).filter((one) => pictured.has(one)).length >= 5,
  );
  expect(covered.length).toBeGreaterThan(0.85 * labels.length);
});

it('prefers what many find to what nobody finds', () => {
  const hub = 7;
  const lonely = (position: number) => [hub, (position + 1) % labels.length];
  expect(pictureOrder(labels, lonely)[3]).toBe(hub);
});
