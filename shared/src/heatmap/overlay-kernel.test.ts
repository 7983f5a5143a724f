import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/random.ts';
import { overlayHeatmap } from './overlay.ts';
import { createOverlay } from './overlay-kernel.ts';

const path = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const overlay = createOverlay(new WebAssembly.Module(readFileSync(path)));

describe('createOverlay', () => {
  // The last but two are more than a strip; the last two come after them, with what is left in memory.
  it.each([
    [224, 168, 7, 7, 0.5],
    [168, 224, 14, 14, 1],
    [1, 1, 7, 7, 1],
    [2, 3, 1, 2, 0.7],
    [31, 5, 7, 7, 0.3],
    [1024, 683, 7, 7, 0.5],
    [200_001, 2, 2, 7, 1],
    [3, 700, 7, 7, 0.9],
    [61, 47, 7, 7, 0],
    [224, 168, 7, 7, 1, 0.875],
    [31, 900, 14, 14, 0.8, 0.85],
  ])(
    'lays to the same bytes as JavaScript: %i x %i, grid %i x %i, alpha %d, crop %d',
    (...args) => {
      const [width, height, rows, columns, alpha, crop] = args as [
        number,
        number,
        number,
        number,
        number,
        number?,
      ];
      const random = createRandom(width);
      const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
      // Whole cells of nothing and of the hottest, so that the cubic overshoots at both ends.
      const grid = Array.from({ length: rows }, () =>
        Array.from({ length: columns }, () => Math.min(Math.max(2 * random.next() - 0.5, 0), 1)),
      );
      const before = data.slice();
      const result = overlay({ data, width, height }, grid, alpha, crop);
      expect(result).toMatchObject({ width, height });
      const expected = overlayHeatmap({ data, width, height }, grid, alpha, crop).data;
      expect(Buffer.compare(result.data, expected)).toBe(0);
      expect(Buffer.compare(data, before)).toBe(0);
    },
  );

  it('refuses what the other does', () => {
    expect(() => overlay({ data: new Uint8Array(3), width: 1, height: 1 }, [[2]], 0.5)).toThrow(
      /heat must be from 0 to 1, not 2/,
    );
  });
});
