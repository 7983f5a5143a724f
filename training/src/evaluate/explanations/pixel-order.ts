import { cubicInterpolation } from '@naevus/shared/heatmap/overlay';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';

/**
 * The pixels of the network's input from the hottest to the coldest, the heat between the cells interpolated
 * as the overlay does. The map counts as it is before the ReLU: what speaks against the class comes last.
 *
 * @param map square, row by row
 * @returns places `y * 224 + x`
 */
export function pixelOrder(map: ArrayLike<number>): Uint32Array {
  const side = Math.sqrt(map.length);
  const { cells, weights } = cubicInterpolation(side, INPUT_SIZE);
  const wide = new Float64Array(side * INPUT_SIZE);
  for (let row = 0; row < side; row++) {
    for (let tap = 0; tap < cells.length; tap++) {
      wide[row * INPUT_SIZE + (tap >> 2)]! += weights[tap]! * map[row * side + cells[tap]!]!;
    }
  }
  const heat = new Float64Array(INPUT_SIZE * INPUT_SIZE);
  for (let tap = 0; tap < cells.length; tap++) {
    const [to, from] = [(tap >> 2) * INPUT_SIZE, cells[tap]! * INPUT_SIZE];
    for (let x = 0; x < INPUT_SIZE; x++) heat[to + x]! += weights[tap]! * wide[from + x]!;
  }
  return Uint32Array.from(heat, (_, i) => i).sort((i, j) => heat[j]! - heat[i]! || i - j);
}
