/** EXIF data made for tests, from its TIFF header on: one directory with one entry. */
export function exifWithOrientation({
  value,
  littleEndian,
  type = 3,
  count = 1,
  tag = 0x0112,
  ifd = 8,
  declaredEntries = 1,
}: {
  value: number;
  littleEndian: boolean;
  type?: number;
  count?: number;
  tag?: number;
  /** Where the header says that the directory lies; it lies at 8. */
  ifd?: number;
  declaredEntries?: number;
}): Uint8Array {
  const bytes = new Uint8Array(8 + 2 + 12 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, ifd, littleEndian);
  view.setUint16(8, declaredEntries, littleEndian);
  view.setUint16(10, tag, littleEndian);
  view.setUint16(12, type, littleEndian);
  view.setUint32(14, count, littleEndian);
  if (type === 4) view.setUint32(18, value, littleEndian);
  else if (type === 3) view.setUint16(18, value, littleEndian);
  else view.setUint8(18, value);
  return bytes;
}
