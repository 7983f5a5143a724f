import { INPUT_CHANNELS, INPUT_SIZE } from '../image/preprocessing-spec.ts';
import { type Classify, mapSide, type NetworkOutput } from './network-output.ts';

/** How many times as many rows and columns a stitched map has. */
export const STITCHED = 2;

/**
 * Class activation maps of a finer grid by shift-and-stitch (Long, Shelhamer, Darrell 2015, "Fully
 * Convolutional Networks for Semantic Segmentation", section 3.2): the network looks at the image moved by
 * parts of a cell, and the maps are laid into one another. Every cell of it is the network's own, not
 * interpolated; the logits and features are those of the image where it lies.
 *
 * A cell looks around the middle of its own field of the image (measured: maps of mirrored images, mirrored
 * back, lie on those of the images). So the moves lie evenly around none, and the stitched cells in the
 * middle of theirs. What moves in over the border is the image mirrored there.
 *
 * @param rgb 224 * 224 * 3 bytes
 * @param times 2 for 14 x 14 cells, with 5 runs of the network; 4 for 28 x 28, with 17
 */
export async function withDenseMaps(
  classify: Classify,
  rgb: Uint8Array,
  times: 2 | 4 = STITCHED,
): Promise<NetworkOutput> {
  const itself = await classify(rgb);
  const side = mapSide(itself.cam, itself.logits.length);
  const fine = side * times;
  const cam = new Float32Array(itself.cam.length * times * times);
  const move = (part: number) => ((part - (times - 1) / 2) * INPUT_SIZE) / fine;
  const parts = Array.from({ length: times }, (_, part) => part);
  const moves = parts.flatMap((down) => parts.map((right) => ({ down, right })));
  // Asked for together: a runtime may compute several in one run.
  const outputs = await Promise.all(
    moves.map(({ down, right }) => classify(shiftImage(rgb, move(down), move(right)))),
  );
  for (const [at, { down, right }] of moves.entries()) {
    const moved = outputs[at]!.cam;
    for (let i = 0; i < moved.length; i++) {
      const y = Math.floor(i / side) * times + down;
      cam[y * fine + (i % side) * times + right] = moved[i]!;
    }
  }
  return { ...itself, cam };
}

/** The image whose place y, x shows what the given one has at y + down, x + right; mirrored at its border. */
export function shiftImage(rgb: Uint8Array, down: number, right: number): Uint8Array {
  const columns = Int32Array.from(
    { length: INPUT_SIZE },
    (_, x) => inside(x + right) * INPUT_CHANNELS,
  );
  const stride = INPUT_SIZE * INPUT_CHANNELS;
  const moved = new Uint8Array(rgb.length);
  for (let y = 0, to = 0; y < INPUT_SIZE; y++) {
    const row = inside(y + down) * stride;
    for (let x = 0; x < INPUT_SIZE; x++) {
      let from = row + columns[x]!;
      moved[to++] = rgb[from++]!;
      moved[to++] = rgb[from++]!;
      moved[to++] = rgb[from]!;
    }
  }
  return moved;
}

function inside(place: number): number {
  if (place < 0) return -1 - place;
  return place < INPUT_SIZE ? place : 2 * INPUT_SIZE - 1 - place;
}
