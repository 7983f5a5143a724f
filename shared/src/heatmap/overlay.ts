import type { RgbImage } from '../image/preprocessing-spec.ts';
import { COLORMAP } from './colormap.ts';

/** Opacity is kept in 1 / 65536. */
const OPAQUE = 1 << 16;
const LEVELS = COLORMAP.length / 3;
/** Cells that a pixel's heat is interpolated from, along each side. */
const TAPS = 4;

/**
 * Lays a heat map over the picture that it was made from.
 *
 * The grid covers what the network saw, squashed: the whole picture, or its middle; outside of that no heat is laid. Between the centres of its
 * cells heat is interpolated bicubically: it is exact at the centres, and shows no ridges along the
 * grid as bilinear interpolation does.
 * Each pixel is blended with {@link COLORMAP} at the opacity `alpha * heat`: cold regions keep the photo.
 *
 * @param image RGB picture of any size and aspect
 * @param grid rows of equal length with heat from 0 to 1, as from `heatmapGrid`
 * @param alpha opacity where the map is hottest, 0 to 1
 * @param crop share of both sides that the grid covers, in the middle of the picture; by default all of it
 * @returns a new picture of the same size
 * @throws RangeError when `alpha` or a heat is not within 0 to 1, `crop` is not above 0 to 1, the grid is empty or ragged,
 *   or `image.data` does not have `image.height * image.width * 3` bytes
 */
export type Overlay = (image: RgbImage, grid: number[][], alpha: number, crop?: number) => RgbImage;

/** In plain JavaScript, for where no WebAssembly may be compiled; else `overlay-kernel.ts`, to the same bytes. */
export const overlayHeatmap: Overlay = (image, grid, alpha, crop) => {
  const { rows, wide, blend } = overlayTables(image, grid, alpha, crop);
  const { width, height } = image;
  const source = image.data;
  const out = new Uint8Array(source);
  // Rounds, and cuts what the cubic overshoots down the columns.
  const levels = new Uint8ClampedArray(width);

  for (let y = 0, byte = 0; y < height; y++) {
    const tap = y * TAPS;
    const a = wide[rows.cells[tap]!]!;
    const b = wide[rows.cells[tap + 1]!]!;
    const c = wide[rows.cells[tap + 2]!]!;
    const d = wide[rows.cells[tap + 3]!]!;
    const wa = rows.weights[tap]!;
    const wb = rows.weights[tap + 1]!;
    const wc = rows.weights[tap + 2]!;
    const wd = rows.weights[tap + 3]!;
    for (let x = 0; x < width; x++) {
      levels[x] = wa * a[x]! + wb * b[x]! + wc * c[x]! + wd * d[x]!;
    }
    for (let x = 0; x < width; x++, byte += 3) {
      const entry = levels[x]! << 2;
      if (entry === 0) continue;
      const keep = blend[entry + 3]!;
      out[byte] = (source[byte]! * keep + blend[entry]!) >> 16;
      out[byte + 1] = (source[byte + 1]! * keep + blend[entry + 1]!) >> 16;
      out[byte + 2] = (source[byte + 2]! * keep + blend[entry + 2]!) >> 16;
    }
  }
  return { data: out, width, height };
};

/**
 * What an {@link Overlay} is made by, whoever goes over the pixels.
 *
 * @returns `rows`: for each row of pixels the rows of the grid that it lies between; `wide`: those, in levels
 *   of heat; `blend`: for each level what is added to red, green, blue, and what is kept of the photo
 * @throws RangeError as {@link Overlay}
 */
export function overlayTables(image: RgbImage, grid: number[][], alpha: number, crop = 1) {
  checkArguments(image, grid, alpha, crop);
  return {
    rows: cubicInterpolation(grid.length, image.height, crop),
    wide: widen(grid, image.width, crop),
    blend: blendTable(alpha),
  };
}

/**
 * The rows of the grid, each interpolated to `width` pixels, in levels of heat. What the cubic
 * overshoots is cut here already: two negative weights would make heat of cold diagonal neighbours.
 */
function widen(grid: number[][], width: number, crop: number): Float64Array[] {
  const { cells, weights } = cubicInterpolation(grid[0]!.length, width, crop);
  return grid.map((row) => {
    const levels = new Float64Array(width);
    for (let x = 0, tap = 0; x < width; x++) {
      let heat = 0;
      for (const end = tap + TAPS; tap < end; tap++) heat += weights[tap]! * row[cells[tap]!]!;
      levels[x] = Math.min(Math.max(heat, 0), 1) * (LEVELS - 1);
    }
    return levels;
  });
}

/**
 * For each pixel of a side the four cells around it and their weights: Keys' cubic convolution with
 * a = -1/2 (Keys 1981, "Cubic convolution interpolation for digital image processing", equation 15).
 * Pixels outside of the crop have no weights.
 *
 * @param crop share of the side that the cells cover, in its middle
 */
export function cubicInterpolation(cellCount: number, pixels: number, crop = 1) {
  const cells = new Uint32Array(pixels * TAPS);
  const weights = new Float64Array(pixels * TAPS);
  const margin = (cellCount * (1 - crop)) / 2;
  for (let i = 0; i < pixels; i++) {
    const place = (((i + 0.5) * cellCount) / pixels - margin) / crop;
    if (place < 0 || place > cellCount) continue;
    const position = place - 0.5;
    const before = Math.floor(position);
    const s = position - before;
    for (let tap = 0; tap < TAPS; tap++) {
      cells[i * TAPS + tap] = Math.min(Math.max(before - 1 + tap, 0), cellCount - 1);
    }
    weights.set(
      [
        ((2 - s) * s - 1) * s * 0.5,
        ((3 * s - 5) * s * s + 2) * 0.5,
        ((4 - 3 * s) * s + 1) * s * 0.5,
        (s - 1) * s * s * 0.5,
      ],
      i * TAPS,
    );
  }
  return { cells, weights };
}

/** For each level of heat: what is added to red, green, blue (with half a unit for rounding), then what is kept of the photo. */
function blendTable(alpha: number): Int32Array {
  const table = new Int32Array(LEVELS * 4);
  for (let level = 0; level < LEVELS; level++) {
    const opacity = Math.round((alpha * level * OPAQUE) / (LEVELS - 1));
    for (let channel = 0; channel < 3; channel++) {
      table[level * 4 + channel] = COLORMAP[level * 3 + channel]! * opacity + OPAQUE / 2;
    }
    table[level * 4 + 3] = OPAQUE - opacity;
  }
  return table;
}

function checkArguments(image: RgbImage, grid: number[][], alpha: number, crop: number): void {
  if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`alpha must be from 0 to 1, not ${alpha}`);
  if (!(crop > 0 && crop <= 1)) throw new RangeError(`crop must be above 0 to 1, not ${crop}`);
  const expected = image.width * image.height * 3;
  if (image.data.length !== expected) {
    throw new RangeError(
      `a ${image.width}x${image.height} RGB picture has ${expected} bytes, not ${image.data.length}`,
    );
  }
  const columns = grid[0]?.length ?? 0;
  if (columns === 0 || grid.some((row) => row.length !== columns)) {
    throw new RangeError('the grid must have rows of equal length, at least one cell');
  }
  for (const heat of grid.flat()) {
    if (!(heat >= 0 && heat <= 1)) throw new RangeError(`heat must be from 0 to 1, not ${heat}`);
  }
}
