import type { RgbImage } from '../preprocessing/preprocessing-spec.ts';
import { COLORMAP } from './colormap.ts';

/** Opacity is kept in 1 / 65536. */
const OPAQUE = 1 << 16;
const LEVELS = COLORMAP.length / 3;

/**
 * Lays a heat map over the picture that it was made from.
 *
 * The grid covers the whole picture, as the network saw it squashed; between the centres of its
 * cells heat is interpolated bilinearly, beyond the outermost centres it stays what it is there.
 * Each pixel is blended with {@link COLORMAP} at the opacity `alpha * heat`: cold regions keep the photo.
 *
 * @param image RGB picture of any size and aspect
 * @param grid rows of equal length with heat from 0 to 1, as from `heatmapGrid`
 * @param alpha opacity where the map is hottest, 0 to 1
 * @returns a new picture of the same size
 * @throws RangeError when `alpha` or a heat is not within 0 to 1, the grid is empty or ragged,
 *   or `image.data` does not have `image.height * image.width * 3` bytes
 */
export function overlayHeatmap(image: RgbImage, grid: number[][], alpha: number): RgbImage {
  checkArguments(image, grid, alpha);
  const { width, height } = image;
  const source = image.data;
  const out = new Uint8Array(source.length);

  const columns = interpolation(grid[0]!.length, width);
  const rows = interpolation(grid.length, height);
  const blend = blendTable(alpha);
  const cells = grid[0]!.length;
  const line = new Float64Array(cells);

  for (let y = 0, byte = 0; y < height; y++) {
    const above = grid[rows.before[y]!]!;
    const below = grid[rows.after[y]!]!;
    const down = rows.fraction[y]!;
    for (let i = 0; i < cells; i++) {
      line[i] = (above[i]! + (below[i]! - above[i]!) * down) * (LEVELS - 1) + 0.5;
    }
    for (let x = 0; x < width; x++, byte += 3) {
      const left = line[columns.before[x]!]!;
      const right = line[columns.after[x]!]!;
      const entry = ((left + (right - left) * columns.fraction[x]!) | 0) << 2;
      const keep = blend[entry]!;
      out[byte] = (source[byte]! * keep + blend[entry + 1]!) >> 16;
      out[byte + 1] = (source[byte + 1]! * keep + blend[entry + 2]!) >> 16;
      out[byte + 2] = (source[byte + 2]! * keep + blend[entry + 3]!) >> 16;
    }
  }
  return { data: out, width, height };
}

/** For each pixel of a side the cells before and after it, and how far it lies between their centres. */
function interpolation(cells: number, pixels: number) {
  const before = new Uint16Array(pixels);
  const after = new Uint16Array(pixels);
  const fraction = new Float64Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const position = Math.min(Math.max(((i + 0.5) * cells) / pixels - 0.5, 0), cells - 1);
    before[i] = Math.floor(position);
    after[i] = Math.min(before[i]! + 1, cells - 1);
    fraction[i] = position - before[i]!;
  }
  return { before, after, fraction };
}

/** For each level of heat: what is kept of the photo, then what is added to red, green, blue (with half a unit for rounding). */
function blendTable(alpha: number): Int32Array {
  const table = new Int32Array(LEVELS * 4);
  for (let level = 0; level < LEVELS; level++) {
    const opacity = Math.round((alpha * level * OPAQUE) / (LEVELS - 1));
    table[level * 4] = OPAQUE - opacity;
    for (let channel = 0; channel < 3; channel++) {
      table[level * 4 + 1 + channel] = COLORMAP[level * 3 + channel]! * opacity + OPAQUE / 2;
    }
  }
  return table;
}

function checkArguments(image: RgbImage, grid: number[][], alpha: number): void {
  if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`alpha must be from 0 to 1, not ${alpha}`);
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
