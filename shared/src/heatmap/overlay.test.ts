import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../image/preprocessing-spec.ts';
import { COLORMAP } from './colormap.ts';
import { overlayHeatmap } from './overlay.ts';

const YELLOW = [...COLORMAP.subarray(255 * 3)];

function photo(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 89) & 255);
  return { data, width, height };
}

/** 7 rows of 7 with heat at one cell. */
function hotCell(y: number, x: number): number[][] {
  return Array.from({ length: 7 }, (_, row) =>
    Array.from({ length: 7 }, (_, column) => (row === y && column === x ? 1 : 0)),
  );
}

const pixel = ({ data, width }: RgbImage, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

/** Keys' cubic convolution kernel, a = -1/2, as the paper's equation 15 writes it. */
function cubic(distance: number): number {
  const s = Math.abs(distance);
  if (s < 1) return 1.5 * s ** 3 - 2.5 * s ** 2 + 1;
  return s < 2 ? -0.5 * s ** 3 + 2.5 * s ** 2 - 4 * s + 2 : 0;
}

/** The definition, pixel by pixel in float64: every cell, repeated beyond the borders, is asked for its weight. */
function reference(image: RgbImage, grid: number[][], alpha: number): number[] {
  const rows = grid.length;
  const columns = grid[0]!.length;
  const inside = (i: number, count: number) => Math.min(Math.max(i, 0), count - 1);
  const clamp = (heat: number) => Math.min(Math.max(heat, 0), 1);
  const heatAt = (x: number, y: number) => {
    let heat = 0;
    for (let row = -2; row < rows + 2; row++) {
      let across = 0;
      for (let column = -2; column < columns + 2; column++) {
        const weight = cubic(((x + 0.5) / image.width) * columns - 0.5 - column);
        across += weight * grid[inside(row, rows)]![inside(column, columns)]!;
      }
      heat += cubic(((y + 0.5) / image.height) * rows - 0.5 - row) * clamp(across);
    }
    return clamp(heat);
  };
  return Array.from(image.data, (value, i) => {
    const pixelIndex = Math.floor(i / 3);
    const heat = heatAt(pixelIndex % image.width, Math.floor(pixelIndex / image.width));
    const colour = COLORMAP[Math.round(heat * 255) * 3 + (i % 3)]!;
    return value + (colour - value) * alpha * heat;
  });
}

describe('overlayHeatmap', () => {
  it.each([
    ['landscape', 77, 35],
    ['portrait', 35, 77],
    ['square', 49, 49],
  ])('lights the hot cell and not its transpose: %s', (_, width, height) => {
    const image = photo(width, height);
    const result = overlayHeatmap(image, hotCell(1, 5), 1);
    // Cells have an odd number of pixels, so that one lies on each centre.
    const centre = (cell: number, size: number) => Math.floor(((cell + 0.5) / 7) * size);
    expect(result).toMatchObject({ width, height });
    expect(pixel(result, centre(5, width), centre(1, height))).toEqual(YELLOW);

    const transposed = [centre(1, width), centre(5, height)] as const;
    expect(pixel(result, ...transposed)).toEqual(pixel(image, ...transposed));
  });

  it('lays the grid over the middle of the picture, and no heat outside of it', () => {
    // Margins of 8 pixels; in the middle, 112 x 112 pixels, cells of 16.
    const image = photo(128, 128);
    const hot = Array.from({ length: 7 }, () => Array(7).fill(1));
    const result = overlayHeatmap(image, hot, 1, 0.875);
    for (let y = 0; y < 128; y++) {
      for (let x = 0; x < 128; x++) {
        const inside = Math.min(x, y) >= 8 && Math.max(x, y) < 120;
        expect(pixel(result, x, y)).toEqual(inside ? YELLOW : pixel(image, x, y));
      }
    }
    const middle = Array.from({ length: 112 * 112 * 3 }, (_, i) => {
      const at = Math.floor(i / 3);
      return image.data[((8 + Math.floor(at / 112)) * 128 + 8 + (at % 112)) * 3 + (i % 3)]!;
    });
    const whole = overlayHeatmap(
      { data: Uint8Array.from(middle), width: 112, height: 112 },
      hotCell(1, 5),
      0.7,
    );
    const cropped = overlayHeatmap(image, hotCell(1, 5), 0.7, 0.875);
    for (let y = 0; y < 112; y++) {
      for (let x = 0; x < 112; x++) {
        expect(pixel(cropped, x + 8, y + 8)).toEqual(pixel(whole, x, y));
      }
    }
  });

  it('keeps every pixel that no heat reaches', () => {
    const image = photo(70, 70);
    const result = overlayHeatmap(image, hotCell(1, 5), 1);
    for (let y = 0; y < 70; y++) {
      for (let x = 0; x < 70; x++) {
        const isReached = x > 44 && x < 65 && y > 4 && y < 25;
        if (!isReached) expect(pixel(result, x, y)).toEqual(pixel(image, x, y));
      }
    }
  });

  it.each([
    [64, 48, 0.5],
    [48, 64, 1],
    [31, 5, 0.3],
    [3, 3, 0.8],
    [1, 1, 0.5],
  ])('agrees with the definition: %i x %i, alpha %d', (width, height, alpha) => {
    const image = photo(width, height);
    const grid = Array.from({ length: 7 }, (_, y) =>
      Array.from({ length: 7 }, (_, x) => ((y * 7 + x * 3) % 11) / 10),
    );
    const result = overlayHeatmap(image, grid, alpha);
    const expected = reference(image, grid, alpha);
    // One level for rounding heat to 256 levels, half a level for rounding the result.
    for (const [i, value] of expected.entries()) {
      expect(Math.abs(result.data[i]! - value)).toBeLessThan(1.5);
    }
  });

  it('takes grids of other shapes', () => {
    const image = photo(12, 8);
    expect([...overlayHeatmap(image, [[1]], 1).data.subarray(0, 3)]).toEqual(YELLOW);
    const result = overlayHeatmap(image, [[0, 1]], 1);
    expect(pixel(result, 0, 4)).toEqual(pixel(image, 0, 4));
    expect(pixel(result, 11, 4)).toEqual(YELLOW);
  });

  it('leaves the photo as it is at alpha 0 and where nothing is hot', () => {
    const image = photo(40, 30);
    const before = image.data.slice();
    expect(overlayHeatmap(image, hotCell(3, 3), 0).data).toEqual(before);
    expect(overlayHeatmap(image, hotCell(9, 9), 1).data).toEqual(before);
  });

  it('does not write into the photo, be it a Buffer, whose slices share their memory', () => {
    const image = photo(40, 30);
    const buffer = { ...image, data: Buffer.from(image.data) };
    const result = overlayHeatmap(buffer, hotCell(3, 3), 1);
    expect(Buffer.compare(buffer.data, image.data)).toBe(0);
    expect(Buffer.compare(result.data, image.data)).not.toBe(0);
  });

  it.each([
    [[[0]], -0.1, /alpha must be from 0 to 1, not -0.1/],
    [[[0]], 1.1, /alpha/],
    [[[0]], Number.NaN, /alpha/],
    [[], 0.5, /grid must have/],
    [[[]], 0.5, /grid must have/],
    [[[0, 1], [0]], 0.5, /grid must have/],
    [[[Number.NaN]], 0.5, /heat must be from 0 to 1, not NaN/],
    [[[2]], 0.5, /heat must be from 0 to 1, not 2/],
  ])('refuses %j at alpha %d', (grid, alpha, message) => {
    expect(() => overlayHeatmap(photo(4, 4), grid, alpha)).toThrow(RangeError);
    expect(() => overlayHeatmap(photo(4, 4), grid, alpha)).toThrow(message);
  });

  it('refuses a picture with missing bytes', () => {
    expect(() => overlayHeatmap({ ...photo(4, 4), width: 5 }, [[0]], 0.5)).toThrow(
      /5x4 RGB picture has 60 bytes, not 48/,
    );
  });
});
