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

it('describes each trainer, its memory, and our ratio to it', () => {
  const text = describeResult({
    tensorflow: '2.21.0',
    versions: { Keras: '3.15.1', PyTorch: '2.12.0' },
    batch: 32,
    size: 224,
    steps: 2,
    machine: { cores: 2, cpu: 'a CPU', node: 'v20', loadAverage: 0.1 },
    modes: [
      {
        name: 'all weights',
        imagesPerSecond: { naevus: 14, Keras: 13.6, PyTorch: 20 },
        ratios: {
          Keras: { median: 1.03, least: 1, greatest: 1.1 },
          PyTorch: { median: 0.7, least: 0.6, greatest: 0.8 },
        },
        peakRssBytes: { naevus: 4.9e9, Keras: 4.4e9, PyTorch: 5e9 },
      },
    ],
  });
  expect(text).toMatch(/all weights: naevus +14\.0 +4\.90\n/);
  expect(text).toMatch(/all weights: Keras +13\.6 +1\.03 +1\.00 to 1\.10 +4\.40\n/);
  expect(text).toMatch(/all weights: PyTorch +20\.0 +0\.70 +0\.60 to 0\.80 +5\.00$/);
  expect(text).toContain('Keras 3.15.1, PyTorch 2.12.0');
});
