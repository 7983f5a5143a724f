import { describe, expect, it } from 'vitest';
import { heatmapGrid, NonFiniteActivationError } from './heatmap.ts';

/** All three sides are 7: one hot cell tells every transpose apart. */
function camWith(classIndex: number, y: number, x: number, value: number): Float32Array {
  const cam = new Float32Array(7 * 7 * 7).fill(-1);
  cam[classIndex * 49 + y * 7 + x] = value;
  return cam;
}

describe('heatmapGrid', () => {
  it('finds the hot cell in its class, row and column', () => {
    const { grid, max } = heatmapGrid(camWith(4, 1, 5, 2.5), 4, 7);
    expect(max).toBe(2.5);
    expect(grid).toHaveLength(7);
    for (const [y, row] of grid.entries()) {
      expect(row).toEqual(Array.from({ length: 7 }, (_, x) => (y === 1 && x === 5 ? 1 : 0)));
    }
  });

  it.each([1, 5])('is cold for class %i, which the activation is not of', (other) => {
    const { grid, max } = heatmapGrid(camWith(4, 1, 5, 2.5), other, 7);
    expect(max).toBe(0);
    expect(grid.flat().every((heat) => Object.is(heat, 0))).toBe(true);
  });

  it('drops negative activations and divides by the largest', () => {
    const cam = [-8, 1, 4, 0, 2, -1];
    expect(heatmapGrid(cam, 0, 1, 2, 3)).toEqual({
      grid: [
        [0, 0.25, 1],
        [0, 0.5, 0],
      ],
      max: 4,
      share: 7 / 16,
    });
  });

  it('reads other numbers of classes and cells', () => {
    const cam = Array.from({ length: 2 * 2 * 3 }, (_, i) => i);
    expect(heatmapGrid(cam, 1, 2, 2, 3).grid).toEqual([
      [6 / 11, 7 / 11, 8 / 11],
      [9 / 11, 10 / 11, 1],
    ]);
  });

  it('takes the side of square maps from their number', () => {
    const { grid } = heatmapGrid(new Float32Array(7 * 14 * 14).fill(1), 6, 7);
    expect(grid).toHaveLength(14);
    expect(grid.every((row) => row.length === 14)).toBe(true);
  });

  it.each([
    [[1, 2, 3, 4], 1],
    [[1, -1, 3, -3], 0.5],
    [[-1, -1, -1, -1], 0],
    [[0, 0, 0, 0], 0],
  ])('of %j %d speak for the class', (cam, share) => {
    expect(heatmapGrid(cam, 0, 1).share).toBe(share);
  });

  it('divides the smallest activations without leaving 0 to 1', () => {
    const { grid } = heatmapGrid([5e-324, 1e-323], 0, 1, 1, 2);
    expect(grid[0]).toEqual([0.5, 1]);
  });

  it('refuses a map that is no map', () => {
    expect(() => heatmapGrid(new Float32Array(342), 0, 7)).toThrow(RangeError);
    expect(() => heatmapGrid(new Float32Array(343), 7, 7)).toThrow(/from 0 to 6, not 7/);
    expect(() => heatmapGrid(new Float32Array(343), -1, 7)).toThrow(RangeError);
    expect(() => heatmapGrid(new Float32Array(343), 1.5, 7)).toThrow(RangeError);
    expect(() => heatmapGrid(camWith(2, 3, 6, Number.NaN), 2, 7)).toThrow(NonFiniteActivationError);
    expect(() => heatmapGrid(camWith(2, 3, 6, Infinity), 2, 7)).toThrow(
      /class 2 at row 3, column 6/,
    );
    expect(() => heatmapGrid(camWith(2, 3, 6, -Infinity), 2, 7)).toThrow(NonFiniteActivationError);
  });
});
