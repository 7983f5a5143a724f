import type { RgbImage } from '@naevus/shared/image/preprocessing-spec';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const EIGHT_BITS = 8;
const TRUECOLOUR = 2;
/** Length and type before a chunk's data, CRC after it. */
const CHUNK_OVERHEAD = 12;

/** What a runtime brings to write PNG with. */
export interface PngPorts {
  /** The rows as a zlib stream: `small` as runs of bytes in Huffman codes, `fast` as they are. */
  readonly deflate: (rows: Uint8Array, effort: 'small' | 'fast') => Uint8Array;
  readonly crc32: (bytes: Uint8Array) => number;
}

/**
 * A truecolour PNG file (PNG, third edition, W3C 2025, sections 5, 9 and 11.2).
 *
 * - `fast`: rows as they are.
 * - `small`: rows as differences to the row above.
 *
 * @param iccProfile of its colours; without one, sRGB
 */
export function pngFile(
  image: RgbImage,
  effort: 'small' | 'fast',
  { deflate, crc32 }: PngPorts,
  iccProfile?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const fields = new DataView(header.buffer);
  fields.setUint32(0, image.width);
  fields.setUint32(4, image.height);
  header[8] = EIGHT_BITS;
  header[9] = TRUECOLOUR;
  const rows = effort === 'small' ? differencesToRowAbove(image) : unfiltered(image);
  const chunks = [
    ['IHDR', header],
    ...(iccProfile ? [['iCCP', iccChunk(deflate(iccProfile, 'fast'))] as const] : []),
    ['IDAT', deflate(rows, effort)],
    ['IEND', new Uint8Array(0)],
  ] as const;
  return png(chunks, crc32);
}

/** A name of one letter, and the method of compression. */
function iccChunk(deflated: Uint8Array): Uint8Array {
  const start = [0x70, 0, 0];
  const chunk = new Uint8Array(start.length + deflated.length);
  chunk.set(start);
  chunk.set(deflated, start.length);
  return chunk;
}

/** Filter type 0. */
function unfiltered({ data, width, height }: RgbImage): Uint8Array {
  const stride = width * 3;
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  return rows;
}

/** Filter type 2, "Up"; above the first row there are zeros. */
function differencesToRowAbove({ data, width, height }: RgbImage): Uint8Array {
  const stride = width * 3;
  const rows = new Uint8Array((stride + 1) * height);
  rows[0] = 2;
  rows.set(data.subarray(0, stride), 1);
  for (let y = 1, from = stride, to = stride + 1; y < height; y++) {
    rows[to++] = 2;
    for (const end = from + stride; from < end; from++, to++) {
      rows[to] = data[from]! - data[from - stride]!;
    }
  }
  return rows;
}

function png(
  chunks: readonly (readonly [type: string, data: Uint8Array])[],
  crc32: PngPorts['crc32'],
) {
  const length = chunks.reduce((sum, [, body]) => sum + CHUNK_OVERHEAD + body.length, 0);
  const file = new Uint8Array(SIGNATURE.length + length);
  const view = new DataView(file.buffer);
  file.set(SIGNATURE);
  let offset = SIGNATURE.length;
  for (const [type, body] of chunks) {
    view.setUint32(offset, body.length);
    for (let i = 0; i < 4; i++) file[offset + 4 + i] = type.charCodeAt(i);
    file.set(body, offset + 8);
    const end = offset + 8 + body.length;
    view.setUint32(end, crc32(file.subarray(offset + 4, end)));
    offset = end + 4;
  }
  return file;
}
