/** How a stored image is turned and mirrored to be displayed (EXIF 2.32, section 4.6.4 A, tag 0x0112). */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const IFD_ENTRY_BYTES = 12;
const BYTE = 1;
const SHORT = 3;
const LONG = 4;

/**
 * The orientation in EXIF data.
 *
 * @param tiff EXIF data from its TIFF header ("II" or "MM") on
 * @returns 1 (as stored) where the tag is absent, out of range, or the data is broken:
 *   an image with odd metadata is still an image
 */
export function exifOrientation(tiff: Uint8Array): Orientation {
  if (tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const byteOrder = view.getUint16(0);
  if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return 1;
  const littleEndian = byteOrder === 0x4949;
  if (view.getUint16(2, littleEndian) !== 42) return 1;
  const ifd = view.getUint32(4, littleEndian);
  if (ifd < 8 || ifd + 2 > tiff.length) return 1;
  const declared = view.getUint16(ifd, littleEndian);
  const present = Math.floor((tiff.length - ifd - 2) / IFD_ENTRY_BYTES);
  for (let i = 0; i < Math.min(declared, present); i++) {
    const entry = ifd + 2 + i * IFD_ENTRY_BYTES;
    if (view.getUint16(entry, littleEndian) !== ORIENTATION_TAG) continue;
    const value = firstUnsigned(view, entry, littleEndian);
    return isOrientation(value) ? value : 1;
  }
  return 1;
}

/**
 * The first number of an entry, 0 where it is none that lies in the entry itself.
 * The standard says one SHORT; libexif, and with it libvips, takes what is close to it too.
 */
function firstUnsigned(view: DataView, entry: number, littleEndian: boolean): number {
  const type = view.getUint16(entry + 2, littleEndian);
  const count = view.getUint32(entry + 4, littleEndian);
  if (type === BYTE && count >= 1 && count <= 4) return view.getUint8(entry + 8);
  if (type === SHORT && count >= 1 && count <= 2) return view.getUint16(entry + 8, littleEndian);
  if (type === LONG && count === 1) return view.getUint32(entry + 8, littleEndian);
  return 0;
}

function isOrientation(value: number): value is Orientation {
  return value >= 1 && value <= 8;
}
