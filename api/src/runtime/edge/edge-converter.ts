import { ConversionFailure } from '../../analysis/conversion-failure.ts';
import type { ConvertedImage, FileConverter } from '../../analysis/file-converter.ts';
import { convertJpegDicom } from '../../dicom/convert-jpeg-dicom.ts';
import { damagedDicom } from '../../dicom/damaged-dicom.ts';
import { readDicom } from '../../dicom/read-dicom.ts';
import { CODING_NAMES } from '../../dicom/transfer-syntax.ts';

/**
 * Takes the JPEG out of DICOM files that hold one; what other decoders are needed for is refused.
 *
 * @param maxPixels of one image
 */
export function edgeConverter(maxPixels: number): FileConverter {
  return {
    formats: ['dicom'],
    async convert(bytes) {
      try {
        return { ok: true, image: jpegInside(bytes, maxPixels) };
      } catch (error) {
        const failure =
          error instanceof ConversionFailure ? error : damagedDicom('the JPEG inside is broken');
        return { ok: false, failure: failure.failure };
      }
    },
  };
}

function jpegInside(bytes: Uint8Array, maxPixels: number): ConvertedImage {
  const dicom = readDicom(bytes, maxPixels);
  if (dicom.coding === 'jpeg') return convertJpegDicom(dicom);
  const detail = `a DICOM file with ${CODING_NAMES[dicom.coding]} is read by the Node server alone, and one with JPEG here`;
  throw new ConversionFailure('format', detail);
}
