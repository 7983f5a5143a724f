import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng } from './png-encoder.ts';

describe.each(['fast', 'small'] as const)('encodePng, %s', (effort) => {
  // 300 x 250 rows are more than one stored block of 65,535 bytes.
  it.each([
    [1, 1],
    [7, 3],
    [300, 250],
  ])('gives %i x %i pixels back', async (width, height) => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31) & 255);
    const png = await encodePng({ data, width, height }, effort);
    const decoded = await sharp(png, { failOn: 'warning' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(decoded.info).toMatchObject({ width, height, channels: 3 });
    expect(Buffer.compare(decoded.data, data)).toBe(0);
  });
});
