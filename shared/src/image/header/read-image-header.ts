import { guessForeignFormat } from './foreign-format.ts';
import { hasMagic } from './header-bytes.ts';
import type { ImageHeader } from './image-header.ts';
import { UnsupportedFormatError } from './image-header-error.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { readPngHeader } from './png-header.ts';
import { readWebpHeader } from './webp-header.ts';

/**
 * Reads format, size and orientation from an image file, told by its first bytes alone.
 *
 * For untrusted input: every read is checked, the work is at most linear in the file's length,
 * nothing is allocated by what the file declares.
 *
 * @param bytes the whole file: EXIF data may lie at the end of a WebP file
 * @throws UnsupportedFormatError when the first bytes are not those of a JPEG, PNG or WebP file
 * @throws DamagedImageError when they are, but the header behind them is broken or cut off
 *   (a sound header does not promise sound pixels)
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (hasMagic(bytes, 0, '\xff\xd8\xff')) return readJpegHeader(bytes);
  if (hasMagic(bytes, 0, '\x89PNG')) return readPngHeader(bytes);
  if (hasMagic(bytes, 0, 'RIFF') && hasMagic(bytes, 8, 'WEBP')) return readWebpHeader(bytes);
  throw new UnsupportedFormatError(guessForeignFormat(bytes));
}
