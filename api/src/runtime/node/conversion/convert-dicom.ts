import { ADOBE_RGB } from '@naevus/shared/image/header/declared-colours';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { ConversionFailure } from '../../../analysis/conversion-failure.ts';
import type { ConvertedImage } from '../../../analysis/file-converter.ts';
import { pngFile } from '../../../analysis/png-file.ts';
import { convertJpegDicom } from '../../../dicom/convert-jpeg-dicom.ts';
import { damagedDicom } from '../../../dicom/damaged-dicom.ts';
import { rgbOfSamples } from '../../../dicom/dicom-pixels.ts';
import { checkJpegSize } from '../../../dicom/jpeg-frame.ts';
import { type DicomImage, readDicom } from '../../../dicom/read-dicom.ts';
import { decodeRle } from '../../../dicom/rle.ts';
import { PNG_PORTS } from '../inference/png-encoder.ts';
import { decodeJpeg2000 } from './decode-jpeg-2000.ts';
import { isRgbProfile } from './is-rgb-profile.ts';
import { reduced } from './pixels.ts';

/**
 * Converts the first frame of a DICOM file: to the JPEG that is inside, or to PNG.
 *
 * @throws ConversionFailure
 */
export async function convertDicom(bytes: Uint8Array, maxPixels: number): Promise<ConvertedImage> {
  const dicom = readDicom(bytes, maxPixels);
  if (dicom.coding === 'jpeg') return convertJpegDicom(dicom);
  const { width, height, iccProfile, colourSpace } = dicom;
  if (iccProfile && !isRgbProfile(iccProfile)) {
    const detail = 'the DICOM file has a colour profile that is not of RGB; convert it to sRGB';
    throw new ConversionFailure('colours', detail);
  }
  const data = await decodeRgb(dicom);
  const png = pngFile(reduced({ data, width, height, channels: 3 }), 'fast', PNG_PORTS, iccProfile);
  const adobe = iccProfile === undefined && colourSpace === 'ADOBERGB';
  return {
    bytes: png,
    header: { ...readImageHeader(png), ...(adobe && { declaredColours: ADOBE_RGB }) },
    source: { format: 'dicom', width, height },
    patient: dicom.patient,
  };
}

async function decodeRgb(dicom: DicomImage): Promise<Uint8Array> {
  const { coding, width, height, bits, photometric, frame } = dicom;
  switch (coding) {
    case 'raw':
      return rgbOfSamples(frame, dicom);
    case 'rle':
      return rgbOfSamples(...decodedRle(dicom));
    case 'jpeg-lossless': {
      checkJpegSize(dicom);
      const { Decoder } = await import('jpeg-lossless-decoder-js');
      const samples = new Decoder().decompress(frame.slice().buffer);
      return rgbOfSamples(new Uint8Array(samples), { ...dicom, planar: false });
    }
    case 'jpeg-2000': {
      const samples = await decodeJpeg2000(frame, { width, height, bits, photometric });
      // Its own transform of colours is undone already.
      const made = photometric === 'PALETTE COLOR' ? photometric : 'RGB';
      return rgbOfSamples(samples, { ...dicom, photometric: made, planar: false });
    }
    case 'jpeg':
      throw damagedDicom('it holds a JPEG');
  }
}

/** Segments are planes, of 16 bits the high bytes before the low ones. */
function decodedRle(dicom: DicomImage): Parameters<typeof rgbOfSamples> {
  const { photometric, width, height, bits, frame } = dicom;
  const pixels = width * height;
  if (photometric !== 'PALETTE COLOR') {
    // Chrominance is not left out in planes.
    const full = photometric === 'YBR_FULL_422' ? 'YBR_FULL' : photometric;
    return [decodeRle(frame, pixels, 3), { ...dicom, photometric: full, planar: true }];
  }
  const planes = decodeRle(frame, pixels, bits / 8);
  if (bits === 8) return [planes, dicom];
  const samples = new Uint8Array(planes.length);
  for (let i = 0; i < pixels; i++) {
    samples[2 * i] = planes[pixels + i]!;
    samples[2 * i + 1] = planes[i]!;
  }
  return [samples, dicom];
}
