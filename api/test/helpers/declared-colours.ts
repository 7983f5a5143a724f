import sharp from 'sharp';
import { pngChunk } from './pictures.ts';

type Bytes = Uint8Array<ArrayBuffer>;

interface Raw {
  readonly data: Uint8Array;
  readonly info: { readonly width: number; readonly height: number };
}

/** sRGB's own inverse: IEC 61966-2-1, section 5.2. */
const toLight = (value: number) =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;

/** From linear sRGB to linear Adobe RGB (1998), whose red and blue and white are sRGB's: only green is another. */
const TO_ADOBE = [
  [0.7151, 0.2849, 0],
  [0, 1, 0],
  [0, 0.0412, 0.9588],
] as const;

export const SRGB_ITSELF = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const;

/** The image's RGB bytes in other colours: a matrix of linear light, then the exponent of the encoding. */
export async function recoded(
  image: Bytes,
  matrix: readonly (readonly number[])[],
  exponent: number,
): Promise<Raw> {
  const { data, info } = await sharp(image)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const lights = Array.from({ length: 256 }, (_, value) => toLight(value / 255));
  const changed = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 3) {
    for (const [c, row] of matrix.entries()) {
      const light = row.reduce((sum, weight, k) => sum + weight * lights[data[i + k]!]!, 0);
      changed[i + c] = 255 * Math.max(0, light) ** exponent;
    }
  }
  return { data: new Uint8Array(changed.buffer), info };
}

export const adobeRgb = (image: Bytes) => recoded(image, TO_ADOBE, 256 / 563);

export const encoder = ({ data, info }: Raw) =>
  sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });

export async function pngOf(raw: Raw, ...chunks: readonly Uint8Array[]): Promise<Bytes> {
  return withPngChunks(new Uint8Array(await encoder(raw).png().toBuffer()), ...chunks);
}

/** A PNG with chunks behind its header. */
export function withPngChunks(png: Uint8Array, ...chunks: readonly Uint8Array[]): Bytes {
  return new Uint8Array(Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]));
}

function numbers(values: readonly number[]): Buffer {
  const data = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) data.writeUInt32BE(Math.round(1e5 * value), 4 * i);
  return data;
}

export const gamma = (exponent: number) => pngChunk('gAMA', numbers([exponent]));
export const coded = (...codes: readonly number[]) => pngChunk('cICP', Buffer.from(codes));

/** Of Adobe RGB (1998): white, red, green, blue. */
export const adobePrimaries = () =>
  pngChunk('cHRM', numbers([0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06]));

/** EXIF data that say uncalibrated colours, and Adobe RGB by their interoperability index. */
export function optionalFileExif(): Buffer {
  const entry = (tag: number, type: number, count: number, value: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt16BE(tag, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(count, 4);
    return Buffer.concat([head, value]);
  };
  const long = (value: number) => Buffer.from([0, 0, value >> 8, value & 0xff]);
  const directory = (...entries: Buffer[]) =>
    Buffer.concat([Buffer.from([0, entries.length]), ...entries, Buffer.alloc(4)]);
  // Directories at 8, 26 and 56.
  return Buffer.concat([
    Buffer.from('MM\0*\0\0\0\x08', 'latin1'),
    directory(entry(0x8769, 4, 1, long(26))),
    directory(entry(0xa001, 3, 1, Buffer.from([0xff, 0xff, 0, 0])), entry(0xa005, 4, 1, long(56))),
    directory(entry(0x0001, 2, 4, Buffer.from('R03\0'))),
  ]);
}

/** A JPEG with EXIF data behind its first two bytes. */
export function withExif(jpeg: Uint8Array, exif: Uint8Array): Bytes {
  const data = Buffer.concat([Buffer.from('Exif\0\0'), exif]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]));
}

/** A WebP, first made an extended one, with EXIF data at its end. */
export function webpWithExif(webp: Buffer, exif: Uint8Array, width: number, height: number): Bytes {
  const chunk = (type: string, data: Uint8Array) => {
    const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
  };
  const canvas = Buffer.alloc(10);
  canvas[0] = 0x08;
  canvas.writeUIntLE(width - 1, 4, 3);
  canvas.writeUIntLE(height - 1, 7, 3);
  const body = [Buffer.from('WEBP'), chunk('VP8X', canvas), webp.subarray(12), chunk('EXIF', exif)];
  const size = Buffer.alloc(4);
  size.writeUInt32LE(
    body.reduce((sum, { length }) => sum + length, 0),
    0,
  );
  return new Uint8Array(Buffer.concat([Buffer.from('RIFF'), size, ...body]));
}
