import { INPUT_CHANNELS } from '../image/preprocessing-spec.ts';

/**
 * The symmetries of the square, as numbers: 1 flips left and right, 2 flips top and bottom, 4 swaps rows and
 * columns before that. So 0 is the image itself, 3 is half a turn, 5 and 6 are quarter turns.
 */
export type Symmetry = number;

/** For each place of a square seen through a symmetry, row by row, the place of the square that it shows. */
export function symmetryIndices(symmetry: Symmetry, side: number): Uint32Array {
  const places = new Uint32Array(side * side);
  for (let y = 0, place = 0; y < side; y++) {
    const row = symmetry & 2 ? side - 1 - y : y;
    for (let x = 0; x < side; x++) {
      const column = symmetry & 1 ? side - 1 - x : x;
      places[place++] = symmetry & 4 ? column * side + row : row * side + column;
    }
  }
  return places;
}

/**
 * A square image as it looks through a symmetry.
 *
 * @param rgb `side * side * 3` bytes, row by row
 * @returns as many bytes, in memory of its own
 */
export function applySymmetry(symmetry: Symmetry, rgb: Uint8Array, side: number): Uint8Array {
  const view = new Uint8Array(rgb.length);
  let to = 0;
  for (const place of symmetryIndices(symmetry, side)) {
    let from = place * INPUT_CHANNELS;
    view[to++] = rgb[from++]!;
    view[to++] = rgb[from++]!;
    view[to++] = rgb[from]!;
  }
  return view;
}

/**
 * Adds maps of what was seen through a symmetry to sums in the image's own frame.
 *
 * @param maps square maps of `side`, one after another
 * @param sums as many values
 */
export function accumulateInverse(
  symmetry: Symmetry,
  maps: ArrayLike<number>,
  side: number,
  sums: Float64Array,
): void {
  const places = symmetryIndices(symmetry, side);
  for (let first = 0; first < maps.length; first += places.length) {
    for (let i = 0; i < places.length; i++) sums[first + places[i]!]! += maps[first + i]!;
  }
}
