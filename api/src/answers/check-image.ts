import { displayedSize } from '@naevus/shared/image/header/image-header';
import {
  isImageHeaderError,
  unsupportedFormat,
} from '@naevus/shared/image/header/image-header-error';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import type { CheckedImage } from '../analysis/engine.ts';
import { SOURCE_FORMAT_NAMES, type SourceFormat } from '../analysis/source-format.ts';
import { ProblemError } from './problem-error.ts';
import type { Limits } from './request-limits.ts';

/** Pixels of the shortest side that is taken: below it there is nothing to see. */
export const MIN_SIDE = 32;

/**
 * Reads the header of an image file and holds it against the limits, before anything is decoded.
 *
 * @param converted formats that are read beside those of decoders
 * @throws ProblemError `unsupported-format`, `damaged-image`, `image-too-small`, `too-many-pixels`
 */
export function checkImage(
  bytes: Uint8Array<ArrayBuffer>,
  limits: Limits,
  converted: readonly SourceFormat[] = [],
): CheckedImage {
  const header = readHeader(bytes, converted);
  checkSize(displayedSize(header), limits);
  return { bytes, header };
}

/** @throws ProblemError `image-too-small`, `too-many-pixels` */
export function checkSize(
  { width, height }: { readonly width: number; readonly height: number },
  limits: Limits,
): void {
  if (width * height > limits.maxPixels) {
    const detail = `the image has ${width} x ${height} pixels; up to ${limits.maxPixels} in all are read`;
    throw new ProblemError('too-many-pixels', detail);
  }
  if (Math.min(width, height) < MIN_SIDE) {
    const detail = `the image has ${width} x ${height} pixels; both sides need at least ${MIN_SIDE}`;
    throw new ProblemError('image-too-small', detail);
  }
}

function readHeader(bytes: Uint8Array<ArrayBuffer>, converted: readonly SourceFormat[]) {
  try {
    return readImageHeader(bytes);
  } catch (error) {
    if (!isImageHeaderError(error)) throw error;
    if (error.code === 'damaged') throw new ProblemError('damaged-image', error.message);
    const detail = unsupportedFormat(
      error.guess,
      converted.map((format) => SOURCE_FORMAT_NAMES[format]),
    );
    throw new ProblemError('unsupported-format', detail);
  }
}
