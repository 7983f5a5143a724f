import { ADOBE_RGB } from '@naevus/shared/image/header/declared-colours';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import type { ConvertedImage } from '../analysis/file-converter.ts';
import { jpegFile } from './jpeg-frame.ts';
import type { DicomImage } from './read-dicom.ts';

/**
 * The JPEG of a DICOM file that holds one.
 *
 * @throws ConversionFailure, DamagedImageError
 */
export function convertJpegDicom(dicom: DicomImage): ConvertedImage {
  const { width, height, iccProfile, colourSpace, patient } = dicom;
  const bytes = jpegFile(dicom);
  const header = readImageHeader(bytes);
  const adobe = iccProfile === undefined && !header.iccProfile && colourSpace === 'ADOBERGB';
  return {
    bytes,
    header: { ...header, ...(adobe && { declaredColours: ADOBE_RGB }) },
    source: { format: 'dicom', width, height },
    patient,
  };
}
