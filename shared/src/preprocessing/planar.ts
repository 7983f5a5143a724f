import { INPUT_SIZE } from './preprocessing-spec.ts';

const PLANE = INPUT_SIZE * INPUT_SIZE;

/**
 * Turns the network's input from interleaved bytes into planar floats (NHWC to NCHW), values unchanged.
 *
 * @param rgb 224 * 224 * 3 bytes, row by row, three bytes a pixel
 * @param out receives 3 * 224 * 224 floats from 0 to 255: the red plane, the green, the blue
 * @param offset where in `out` the red plane begins (for a batch: `index * 3 * 224 * 224`)
 * @throws RangeError when `rgb` has another length or `out` ends before the planes do
 */
export function fillPlanar(rgb: Uint8Array, out: Float32Array, offset = 0): void {
  if (rgb.length !== PLANE * 3) {
    throw new RangeError(`rgb must have ${PLANE * 3} bytes, not ${rgb.length}`);
  }
  if (!Number.isInteger(offset) || offset < 0 || offset + PLANE * 3 > out.length) {
    throw new RangeError(`${PLANE * 3} floats from ${offset} on do not fit in ${out.length}`);
  }
  const green = offset + PLANE;
  const blue = green + PLANE;
  for (let pixel = 0, byte = 0; pixel < PLANE; pixel++, byte += 3) {
    out[offset + pixel] = rgb[byte]!;
    out[green + pixel] = rgb[byte + 1]!;
    out[blue + pixel] = rgb[byte + 2]!;
  }
}
