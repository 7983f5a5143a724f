import sharp from 'sharp';
import { expect, it } from 'vitest';
import { readImageHeader } from '../header/read-image-header.ts';
import { embedDeclaredColours } from './embed-profile.ts';

const SIDE = 64;

/** A JPEG of all sorts of colours in inks that no profile describes. */
function inksAlone(): Promise<Buffer> {
  const rgb = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    return [4 * x, 4 * y, 2 * (x + y)][i % 3]!;
  });
  const image = sharp(rgb, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  return image.toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
}

it('gives inks without a profile the plain formula, from white to black', async () => {
  const bytes = await inksAlone();
  const file = embedDeclaredColours({ bytes, header: readImageHeader(bytes) });
  expect(readImageHeader(file.bytes)).toEqual(file.header);
  const inks = await sharp(bytes)
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer();
  const decoded = await sharp(file.bytes).toColourspace('srgb').raw().toBuffer();
  let furthest = 0;
  for (const [i, value] of decoded.entries()) {
    const pixel = 4 * Math.floor(i / 3);
    const expected = ((255 - inks[pixel + (i % 3)]!) * (255 - inks[pixel + 3]!)) / 255;
    furthest = Math.max(furthest, Math.abs(value - expected));
  }
  expect(furthest).toBeLessThanOrEqual(2);
});
