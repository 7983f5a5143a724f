import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export type Colour = readonly [red: number, green: number, blue: number];

/** Strong red: the fixture's network calls it `mel`. */
export const RED: Colour = [230, 30, 20];
/** The fixture's network calls it `vasc`. */
export const BLUE: Colour = [20, 30, 230];

/** A picture of one colour. */
export function plain([r, g, b]: Colour, width = 320, height = 240): Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
}

/** A grey picture with a red patch in its top left corner, a quarter of each side. */
export function cornered(width = 320, height = 240): Sharp {
  const patch = {
    width: width / 4,
    height: height / 4,
    channels: 3,
    background: toRgb(RED),
  } as const;
  return plain([120, 120, 120], width, height).composite([
    { input: { create: patch }, left: 0, top: 0 },
  ]);
}

function toRgb([r, g, b]: Colour) {
  return { r, g, b };
}

/** A JPEG of one colour, the usual request. */
export async function jpeg(colour: Colour = RED, width?: number, height?: number) {
  return new Uint8Array(await plain(colour, width, height).jpeg({ quality: 95 }).toBuffer());
}

/** A PNG whose header says so much, around a few bytes of pixels. */
export function pngThatClaims(width: number, height: number): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      pngChunk('IHDR', header),
      pngChunk('IDAT', deflateSync(Buffer.alloc(4096))),
      pngChunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

/** A chunk of a PNG file. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
