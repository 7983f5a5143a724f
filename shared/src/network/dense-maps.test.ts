import { describe, expect, it } from 'vitest';
import { INPUT_SIZE } from '../image/preprocessing-spec.ts';
import { withDenseMaps } from './dense-maps.ts';
import type { Classify } from './network-output.ts';
import { runNetwork } from './run-network.ts';

/** The mean red of the rows and columns from one place to another; beyond the border the image is mirrored. */
function meanRed(rgb: Uint8Array, top: number, left: number, size: number): number {
  const inside = (i: number) => (i < 0 ? -1 - i : i > 223 ? 447 - i : i);
  let sum = 0;
  for (let y = top; y < top + size; y++) {
    for (let x = left; x < left + size; x++) sum += rgb[(inside(y) * INPUT_SIZE + inside(x)) * 3]!;
  }
  return sum / size ** 2;
}

/** Every cell of its 7 x 7 sees its own 32 x 32 pixels and nothing else. */
const classify: Classify = async (rgb) => ({
  logits: Float32Array.from({ length: 7 }, (_, k) => meanRed(rgb, 0, 0, 224) + k),
  cam: Float32Array.from(
    { length: 343 },
    (_, i) =>
      (1 + Math.floor(i / 49)) *
      meanRed(rgb, Math.floor((i % 49) / 7) * 32, ((i % 49) % 7) * 32, 32),
  ),
});

function patchAt(y: number, x: number, size = 6): Uint8Array {
  const rgb = new Uint8Array(INPUT_SIZE * INPUT_SIZE * 3).fill(10);
  for (let row = y; row < y + size; row++) {
    rgb.fill(250, (row * INPUT_SIZE + x) * 3, (row * INPUT_SIZE + x + size) * 3);
  }
  return rgb;
}

describe('withDenseMaps', () => {
  it.each([
    [2, 9],
    [11, 3],
    [6, 6],
    [0, 13],
    [13, 0],
  ])(
    'is hottest in the cell that holds the patch: row %i, column %i of 14',
    async (row, column) => {
      const rgb = patchAt(row * 16 + 5, column * 16 + 5);
      const { cam } = await withDenseMaps(classify, rgb);
      const map = cam.subarray(4 * 196, 5 * 196);
      expect(map.indexOf(Math.max(...map))).toBe(row * 14 + column);
      if (row === 2) {
        // In the middle of its cell, so that the neighbours see as much of it.
        expect(map[row * 14 + column - 1]).toBeCloseTo(map[row * 14 + column + 1]!, 5);
        expect(map[(row - 1) * 14 + column]).toBeCloseTo(map[(row + 1) * 14 + column]!, 5);
      }
    },
  );

  it.each([2, 4] as const)(
    'sees in every cell the pixels around its middle: %i times',
    async (times) => {
      const rgb = Uint8Array.from(
        { length: INPUT_SIZE * INPUT_SIZE * 3 },
        (_, i) => (i * 5 + ((i * i) >> 11)) & 255,
      );
      const side = 7 * times;
      const cell = 32 / times;
      const { cam, logits } = await withDenseMaps(classify, rgb, times);
      expect(cam).toHaveLength(7 * side * side);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const seen = meanRed(rgb, (y + 0.5) * cell - 16, (x + 0.5) * cell - 16, 32);
          expect(cam[y * side + x]).toBeCloseTo(seen, 3);
          expect(cam[3 * side * side + y * side + x]).toBeCloseTo(4 * seen, 3);
        }
      }
      expect(logits).toEqual((await classify(rgb)).logits);
    },
  );
});

describe('look', () => {
  it('runs the network once, once a view, and five times where the maps are dense', async () => {
    let runs = 0;
    const counting: Classify = async (rgb) => {
      runs++;
      return classify(rgb);
    };
    const rgb = patchAt(40, 150);
    const asked: number[] = [];
    for (const how of [{}, { tta: 4 }, { method: 'dense-grad-cam' }] as const) {
      runs = 0;
      await runNetwork(counting, rgb, how);
      asked.push(runs);
    }
    expect(asked).toEqual([1, 4, 5]);
  });

  it('averages dense maps over the views, each put back', async () => {
    const rgb = patchAt(2 * 16 + 5, 9 * 16 + 5);
    const { cam } = await runNetwork(classify, rgb, { tta: 8, method: 'dense-grad-cam' });
    const alone = await runNetwork(classify, rgb, { method: 'dense-grad-cam' });
    for (const [i, value] of alone.cam.entries()) expect(cam[i]).toBeCloseTo(value, 3);
  }, 30_000);
});
