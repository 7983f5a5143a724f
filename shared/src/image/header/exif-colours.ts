import { ADOBE_RGB, type DeclaredColours } from './declared-colours.ts';
import { ExifDirectories } from './exif-directory.ts';

const EXIF_DIRECTORY = 0x8769;
const COLOUR_SPACE = 0xa001;
const INTEROPERABILITY_DIRECTORY = 0xa005;
const INTEROPERABILITY_INDEX = 0x0001;

/** What COLOUR_SPACE says. 2 is in no standard, but some cameras write it. */
const SRGB = 1;
const ADOBE = 2;
/** Of DCF 2.0's optional files: colours of Adobe RGB. */
const OPTIONAL_FILE = 'R03';

/**
 * The colours that EXIF data declare: Adobe RGB by the interoperability index R03 (DCF 2.0, section 4.3), or sRGB.
 *
 * @param tiff EXIF data from its TIFF header on
 * @returns undefined for sRGB, and where the data say nothing or are broken
 */
export function exifColours(tiff: Uint8Array): DeclaredColours | undefined {
  const exif = ExifDirectories.open(tiff);
  const directory = exif?.unsigned(exif.first, EXIF_DIRECTORY);
  if (exif === undefined || directory === undefined) return undefined;
  const space = exif.unsigned(directory, COLOUR_SPACE);
  if (space === SRGB) return undefined;
  if (space === ADOBE) return ADOBE_RGB;
  const interoperability = exif.unsigned(directory, INTEROPERABILITY_DIRECTORY);
  if (interoperability === undefined) return undefined;
  const index = exif.shortText(interoperability, INTEROPERABILITY_INDEX);
  return index === OPTIONAL_FILE ? ADOBE_RGB : undefined;
}
