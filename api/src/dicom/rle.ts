import { damagedDicom } from './damaged-dicom.ts';

/** Bytes of the header: how many segments there are, and where they begin. */
const HEADER_BYTES = 64;
const MOST_SEGMENTS = 15;

/**
 * Decodes a frame of run lengths (PS3.5, annex G): a segment for each byte of each sample, the high byte first.
 *
 * @param pixels of the frame
 * @param segments as many as samples a pixel have bytes
 * @returns the segments one after another
 * @throws ConversionFailure
 */
export function decodeRle(frame: Uint8Array, pixels: number, segments: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < HEADER_BYTES) throw damagedDicom('its RLE header is cut off');
  const count = view.getUint32(0, true);
  if (count > MOST_SEGMENTS || count !== segments) {
    throw damagedDicom(`it has ${count} RLE segments, and not ${segments}`);
  }
  const out = new Uint8Array(pixels * segments);
  for (let i = 0; i < segments; i++) {
    const start = view.getUint32(4 * (i + 1), true);
    const end = i + 1 < segments ? view.getUint32(4 * (i + 2), true) : frame.length;
    if (start < HEADER_BYTES || start > end || end > frame.length) {
      throw damagedDicom('its RLE segments are not where it says');
    }
    unpack(frame.subarray(start, end), out.subarray(i * pixels, (i + 1) * pixels));
  }
  return out;
}

/** PackBits. */
function unpack(packed: Uint8Array, to: Uint8Array): void {
  let out = 0;
  for (let at = 0; at < packed.length && out < to.length; ) {
    const code = packed[at++]!;
    if (code === 128) continue;
    const length = code < 128 ? code + 1 : 257 - code;
    const end = Math.min(out + length, to.length);
    if (code < 128) {
      const literal = packed.subarray(at, at + end - out);
      to.set(literal, out);
      at += length;
      if (literal.length < end - out) break;
    } else {
      const value = packed[at++];
      if (value === undefined) break;
      to.fill(value, out, end);
    }
    out = end;
  }
  if (out < to.length) throw damagedDicom('its RLE data are cut off');
}
