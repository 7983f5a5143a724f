import { readFile } from 'node:fs/promises';
import {
  type DecodedImage,
  type DecodeOptions,
  decodeWithSharp,
} from '@naevus/shared/image/sharp-decode';
import sharp from './single-threaded-sharp.ts';

/**
 * Reads and decodes an image file exactly as serving does ({@link decodeWithSharp}): 8-bit sRGB as
 * displayed, large JPEGs reduced.
 *
 * @throws UnsupportedFormatError, DamagedImageError, TooManyPixelsError; Error where the file
 *   cannot be read.
 */
export async function decodeRgb(path: string, options?: DecodeOptions): Promise<DecodedImage> {
  return decodeWithSharp(sharp, await readFile(path), options);
}
