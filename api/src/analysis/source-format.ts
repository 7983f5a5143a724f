import { guessForeignFormat } from '@naevus/shared/image/header/foreign-format';
import { hasMagic } from '@naevus/shared/image/header/header-bytes';

/** Formats that are converted before an image is decoded, as answers name them. */
export const SOURCE_FORMATS = ['heic', 'avif', 'dicom'] as const;

export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** What each is called in a sentence. */
export const SOURCE_FORMAT_NAMES: Readonly<Record<SourceFormat, string>> = {
  heic: 'HEIC',
  avif: 'AVIF',
  dicom: 'DICOM',
};

/** Endings of such files, in lower case. */
export const SOURCE_EXTENSIONS = ['.heic', '.heif', '.avif', '.dcm', '.dicom'] as const;

/** @returns undefined for a file that is in none of them, by its first bytes */
export function sourceFormat(bytes: Uint8Array): SourceFormat | undefined {
  // What comes before the mark of a DICOM file may be anything.
  if (hasMagic(bytes, 128, 'DICM')) return isDecoded(bytes) ? undefined : 'dicom';
  if (!hasMagic(bytes, 4, 'ftyp')) return undefined;
  const guess = guessForeignFormat(bytes);
  return SOURCE_FORMATS.find((format) => SOURCE_FORMAT_NAMES[format] === guess);
}

/** Whether a decoder reads the file as it is. */
function isDecoded(bytes: Uint8Array): boolean {
  return ['\xff\xd8\xff', '\x89PNG', 'RIFF'].some((magic) => hasMagic(bytes, 0, magic));
}
