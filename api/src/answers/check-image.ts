import { displayedSize } from '@naevus/shared/image/header/image-header';
import { isImageHeaderError } from '@naevus/shared/image/header/image-header-error';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import type { CheckedImage } from '../analysis/engine.ts';
import { ProblemError } from './problem-error.ts';
import type { Limits } from './request-limits.ts';

/** Pixels of the shortest side that is taken: below it there is nothing to see. */
export const MIN_SIDE = 32;

/**
 * Reads the header of an image file and holds it against the limits, before anything is decoded.
 *
 * @throws ProblemError `unsupported-format`, `damaged-image`, `image-too-small`, `too-many-pixels`
 */
export function checkImage(bytes: Uint8Array<ArrayBuffer>, limits: Limits): CheckedImage {
  const header = readHeader(bytes);
  const { width, height } = displayedSize(header);
  if (width * height > limits.maxPixels) {
    const detail = `the image has ${width} x ${height} pixels; up to ${limits.maxPixels} in all are read`;
    throw new ProblemError('too-many-pixels', detail);
  }
  if (Math.min(width, height) < MIN_SIDE) {
    const detail = `the image has ${width} x ${height} pixels; both sides need at least ${MIN_SIDE}`;
    throw new ProblemError('image-too-small', detail);
  }
  return { bytes, header };
}

function readHeader(bytes: Uint8Array<ArrayBuffer>) {
  try {
    return readImageHeader(bytes);
  } catch (error) {
    if (!isImageHeaderError(error)) throw error;
    const kind = error.code === 'damaged' ? 'damaged-image' : 'unsupported-format';
    throw new ProblemError(kind, error.message);
  }
}
