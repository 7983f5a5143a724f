/** How the pixels of a DICOM file are coded, of what is read (PS3.5, section 10 and annex A). */
export type PixelCoding = 'raw' | 'jpeg' | 'jpeg-lossless' | 'jpeg-2000' | 'rle';

const CODINGS: ReadonlyMap<string, PixelCoding> = new Map([
  ['1.2.840.10008.1.2', 'raw'],
  ['1.2.840.10008.1.2.1', 'raw'],
  ['1.2.840.10008.1.2.4.50', 'jpeg'],
  ['1.2.840.10008.1.2.4.51', 'jpeg'],
  ['1.2.840.10008.1.2.4.57', 'jpeg-lossless'],
  ['1.2.840.10008.1.2.4.70', 'jpeg-lossless'],
  ['1.2.840.10008.1.2.4.90', 'jpeg-2000'],
  ['1.2.840.10008.1.2.4.91', 'jpeg-2000'],
  ['1.2.840.10008.1.2.5', 'rle'],
]);

/** What each is called in a sentence. */
export const CODING_NAMES: Readonly<Record<PixelCoding, string>> = {
  raw: 'uncompressed pixels',
  jpeg: 'JPEG',
  'jpeg-lossless': 'lossless JPEG',
  'jpeg-2000': 'JPEG 2000',
  rle: 'RLE',
};

/** @returns undefined for a transfer syntax that is not read */
export function pixelCoding(transferSyntax: string): PixelCoding | undefined {
  return CODINGS.get(transferSyntax);
}
