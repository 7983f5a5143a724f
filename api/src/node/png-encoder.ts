import { crc32, deflateSync } from 'node:zlib';
import type { RgbImage } from '@naevus/shared/preprocessing/preprocessing-spec';
import sharp from 'sharp';
import type { PngEncoder } from '../engine/engine-parts.ts';

/** `small` by libpng, `fast` without compression: a tenth of the time of libpng's fastest level. */
export const encodePng: PngEncoder = (image, effort) =>
  effort === 'small' ? encodeSmall(image) : encodeStored(image);

async function encodeSmall({ data, width, height }: RgbImage): Promise<Uint8Array<ArrayBuffer>> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 3, adaptiveFiltering: false })
    .toBuffer();
  return new Uint8Array(png);
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const EIGHT_BITS = 8;
const TRUECOLOUR = 2;
const NO_FILTER = 0;
/** Length and type before a chunk's data, CRC after it. */
const CHUNK_OVERHEAD = 12;

/** PNG, third edition (W3C 2025), sections 5 and 11.2; the deflate stream of stored blocks. */
function encodeStored({ data, width, height }: RgbImage): Uint8Array<ArrayBuffer> {
  const stride = width * 3;
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    rows[y * (stride + 1)] = NO_FILTER;
    rows.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  const header = new Uint8Array(13);
  const fields = new DataView(header.buffer);
  fields.setUint32(0, width);
  fields.setUint32(4, height);
  header[8] = EIGHT_BITS;
  header[9] = TRUECOLOUR;

  const chunks: [type: string, data: Uint8Array][] = [
    ['IHDR', header],
    ['IDAT', deflateSync(rows, { level: 0 })],
    ['IEND', new Uint8Array(0)],
  ];
  const length = chunks.reduce((sum, [, body]) => sum + CHUNK_OVERHEAD + body.length, 0);
  const png = new Uint8Array(SIGNATURE.length + length);
  const view = new DataView(png.buffer);
  png.set(SIGNATURE);
  let offset = SIGNATURE.length;
  for (const [type, body] of chunks) {
    view.setUint32(offset, body.length);
    for (let i = 0; i < 4; i++) png[offset + 4 + i] = type.charCodeAt(i);
    png.set(body, offset + 8);
    const end = offset + 8 + body.length;
    view.setUint32(end, crc32(png.subarray(offset + 4, end)));
    offset = end + 4;
  }
  return png;
}
