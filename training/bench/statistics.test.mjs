import { expect, it } from 'vitest';
import { median, pairedRatio, quantile } from './statistics.mjs';
import { formatTable } from './table.mjs';
import { describeResult } from './training-bench.mjs';

it('interpolates between neighbours', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1])).toBe(2.5);
  expect(quantile([0, 10, 20, 30], 0.5)).toBe(15);
  expect(quantile([5, 1], 0)).toBe(1);
  expect(quantile([5, 1], 1)).toBe(5);
  expect(() => median([])).toThrow(RangeError);
});

it('takes ratios round by round, so that a slow round changes nothing', () => {
  expect(pairedRatio([10, 2, 9], [5, 1, 3])).toEqual({ median: 2, least: 2, greatest: 3 });
  expect(() => pairedRatio([1], [1, 2])).toThrow('pair');
});

it('aligns the first column to the left and the others to the right', () => {
  expect(
    formatTable(
      ['name', 'x'],
      [
        ['a', 10],
        ['longer', 2],
      ],
    ),
  ).toBe(['name     x', '----------', 'a       10', 'longer   2'].join('\n'));
});

it('describes both trainers and their memory', () => {
  const text = describeResult({
    tensorflow: '2.21.0',
    keras: '3.15.1',
    batch: 32,
    size: 224,
    steps: 2,
    machine: { cores: 2, cpu: 'a CPU', node: 'v20', loadAverage: 0.1 },
    modes: [
      {
        name: 'all weights',
        imagesPerSecond: { naevus: 14, keras: 13.6 },
        ratio: { median: 1.03, least: 1, greatest: 1.1 },
        peakRssBytes: { naevus: 4.9e9, keras: 4.4e9 },
      },
    ],
  });
  expect(text).toMatch(/all weights +14\.0 +13\.6 +1\.03 +1\.00 to 1\.10 +4\.90 +4\.40/);
});
