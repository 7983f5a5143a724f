import type { Orientation } from './exif-orientation.ts';
import { guessForeignFormat } from './foreign-format.ts';
import { UnsupportedFormatError } from './image-header-error.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { hasMagic } from './magic-bytes.ts';
import { readPngHeader } from './png-header.ts';
import { readWebpHeader } from './webp-header.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** What a file says of its picture before anything is decoded. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** As stored, before the orientation is applied; see {@link displayedSize}. At least 1. */
  readonly width: number;
  readonly height: number;
  /** 1 where the file does not say. */
  readonly orientation: Orientation;
  /** More than one frame may follow; the size is that of the canvas. */
  readonly animated: boolean;
  /** Bits of one sample, as stored. */
  readonly bitDepth: number;
  /** Samples of one pixel; a palette counts as its colours. 4 is CMYK in a JPEG, alpha elsewhere. */
  readonly channels: number;
  readonly iccProfile: boolean;
}

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

/** Width and height in pixels as displayed, after the orientation: 5 to 8 lie on their side. */
export function displayedSize(header: Pick<ImageHeader, 'width' | 'height' | 'orientation'>): {
  width: number;
  height: number;
} {
  const { width, height, orientation } = header;
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
