import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { ConversionFailure } from '../../../analysis/conversion-failure.ts';
import type { ConvertedImage } from '../../../analysis/file-converter.ts';
import { pngFile } from '../../../analysis/png-file.ts';
import { SOURCE_FORMAT_NAMES } from '../../../analysis/source-format.ts';
import { PNG_PORTS } from '../inference/png-encoder.ts';
import { decodeAvif } from './decode-avif.ts';
import { HeifFile } from './heif-file.ts';
import { isRgbProfile } from './is-rgb-profile.ts';
import { type Pixels, reduced, transformed } from './pixels.ts';

/**
 * Converts the primary picture of a HEIC or AVIF file to PNG, as displayed: turned as its own boxes say, which count
 * before EXIF data. Its colours stay what they are; the PNG says which.
 *
 * @throws ConversionFailure
 */
export async function convertHeif(
  bytes: Uint8Array,
  format: 'heic' | 'avif',
  maxPixels: number,
): Promise<ConvertedImage> {
  const name = SOURCE_FORMAT_NAMES[format];
  const file = new HeifFile(bytes, name, maxPixels);
  const coded = file.codedSize;
  if (coded.width * coded.height > maxPixels) {
    const detail = `the image has ${coded.width} x ${coded.height} pixels; up to ${maxPixels} in all are read`;
    throw new ConversionFailure('too-large', detail);
  }
  const iccProfile = file.iccProfile;
  if (iccProfile && !isRgbProfile(iccProfile)) {
    const detail = `the ${name} file has a colour profile that is not of RGB; convert it to sRGB`;
    throw new ConversionFailure('colours', detail);
  }
  const declaredColours = iccProfile ? undefined : file.declaredColours;
  const pixels = format === 'avif' ? await displayedAvif(bytes, file) : file.decode();
  const image = reduced(pixels);
  const png = pngFile(image, 'fast', PNG_PORTS, iccProfile);
  return {
    bytes: png,
    header: { ...readImageHeader(png), ...(declaredColours && { declaredColours }) },
    source: { format, width: pixels.width, height: pixels.height },
  };
}

async function displayedAvif(bytes: Uint8Array, file: HeifFile): Promise<Pixels> {
  const coded = file.codedSize;
  const decoded = await decodeAvif(bytes);
  if (decoded.width !== coded.width || decoded.height !== coded.height) {
    const detail = `the AVIF file is damaged: it says ${coded.width} x ${coded.height} pixels and has ${decoded.width} x ${decoded.height}`;
    throw new ConversionFailure('damaged', detail);
  }
  return file.transforms.reduce<Pixels>(transformed, decoded);
}
