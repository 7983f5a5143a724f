import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { parseQuota, usableCpus } from './cpu-limit.ts';

it.each([
  ['max 100000\n', Number.POSITIVE_INFINITY],
  ['max', Number.POSITIVE_INFINITY],
  ['', Number.POSITIVE_INFINITY],
  ['200000 100000\n', 2],
  ['50000 100000', 0.5],
])('reads the quota %j', (text, cpus) => {
  expect(parseQuota(text)).toBe(cpus);
});

it('uses no more CPUs than there are, and at least one', () => {
  expect(usableCpus(() => 'max 100000')).toBe(availableParallelism());
  expect(usableCpus(() => '10000 100000')).toBe(1);
  expect(usableCpus(() => '99900000 100000')).toBe(availableParallelism());
});
