import { ConversionFailure } from '../../../analysis/conversion-failure.ts';
import type { Converted } from '../../../analysis/file-converter.ts';
import { SOURCE_FORMAT_NAMES } from '../../../analysis/source-format.ts';
import type { ConversionRequest, ConversionSetup } from './conversion-threads.ts';
import { convertDicom } from './convert-dicom.ts';
import { convertHeif } from './convert-heif.ts';

/** Converts one file; what the decoders stumble on is a failure of the file. */
export async function convertFile(
  { bytes, format }: ConversionRequest,
  { maxPixels }: ConversionSetup,
): Promise<Converted> {
  try {
    const image =
      format === 'dicom'
        ? await convertDicom(bytes, maxPixels)
        : await convertHeif(bytes, format, maxPixels);
    return { ok: true, image };
  } catch (error) {
    if (error instanceof ConversionFailure) return { ok: false, failure: error.failure };
    // A trap or an abort inside of a decoder, on bytes that are wrong or that take more memory than there may be.
    const detail = `the ${SOURCE_FORMAT_NAMES[format]} file is damaged, or takes more memory to decode than there is`;
    return { ok: false, failure: { kind: 'damaged', detail } };
  }
}
