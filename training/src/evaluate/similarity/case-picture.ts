import { decodeRgb } from '../../data/decode/decoded-images.ts';
import sharp from '../../data/decode/single-threaded-sharp.ts';

/** Pixels of the long side: enough to compare structures by, at 2 KB a picture. */
const LONG_SIDE = 240;
const QUALITY = 60;

/**
 * A small WebP picture of an image file, in the colours that the network sees, without metadata.
 *
 * @throws as `decodeRgb`
 */
export async function casePicture(path: string): Promise<Uint8Array> {
  const { data, width, height } = await decodeRgb(path);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(LONG_SIDE, LONG_SIDE, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: QUALITY, effort: 6 })
    .toBuffer();
}
