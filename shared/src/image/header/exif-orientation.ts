import { ExifDirectories } from './exif-directory.ts';

/** How a stored picture is turned and mirrored to be displayed (EXIF 2.32, section 4.6.4 A, tag 0x0112). */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;

/**
 * The orientation in EXIF data.
 *
 * @param tiff EXIF data from its TIFF header ("II" or "MM") on
 * @returns 1 (as stored) where the tag is absent, out of range, or the data is broken:
 *   a picture with odd metadata is still a picture
 */
export function exifOrientation(tiff: Uint8Array): Orientation {
  const exif = ExifDirectories.open(tiff);
  const value = exif?.unsigned(exif.first, ORIENTATION_TAG);
  return value !== undefined && isOrientation(value) ? value : 1;
}

function isOrientation(value: number): value is Orientation {
  return value >= 1 && value <= 8;
}
