import { ConversionFailure } from '../analysis/conversion-failure.ts';

/** @param why without any value of the header that could name someone */
export function damagedDicom(why: string): ConversionFailure {
  return new ConversionFailure('damaged', `the DICOM file is damaged: ${why}`);
}
