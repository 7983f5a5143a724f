import { expect, it } from 'vitest';
import { mapConcurrently } from './map-concurrently.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('keeps the order, and to the limit', async () => {
  let running = 0;
  let most = 0;
  const results = await mapConcurrently([5, 1, 3, 2, 4], 2, async (n, index) => {
    most = Math.max(most, ++running);
    await pause(n);
    running--;
    return `${index}:${n}`;
  });
  expect(results).toEqual(['0:5', '1:1', '2:3', '3:2', '4:4']);
  expect(most).toBe(2);
  expect(await mapConcurrently([], 4, async () => 1)).toEqual([]);
});

it('stops at the first failure', async () => {
  const begun: number[] = [];
  const run = mapConcurrently([0, 1, 2, 3, 4, 5], 2, async (n) => {
    begun.push(n);
    await pause(1);
    if (n === 1) throw new Error('one is broken');
  });
  await expect(run).rejects.toThrow('one is broken');
  await pause(10);
  expect(begun.length).toBeLessThan(5);
});
