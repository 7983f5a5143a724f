import type { ForeignFormat } from './foreign-format.ts';
import type { ImageFormat } from './image-header.ts';

/** The first bytes are not those of a JPEG, PNG or WebP file. */
export class UnsupportedFormatError extends Error {
  override readonly name = 'UnsupportedFormatError';
  readonly code = 'unsupported-format';
  /** What the bytes look like, when that is a well-known other format. */
  readonly guess: ForeignFormat | undefined;

  constructor(guess: ForeignFormat | undefined) {
    super(unsupportedFormat(guess));
    this.guess = guess;
  }
}

/**
 * What a file is that is not read, and which are.
 *
 * @param others formats that are read beside those that have decoders here
 */
export function unsupportedFormat(
  guess: ForeignFormat | undefined,
  others: readonly string[] = [],
): string {
  const is = guess === undefined ? 'are of no known image format' : `look like ${guess}`;
  const read = ['JPEG', 'PNG', 'WebP', ...others];
  return `the first bytes ${is}; ${read.slice(0, -1).join(', ')} and ${read.at(-1)} are read`;
}

/** The first bytes are right for the format, but what follows is broken or cut off. */
export class DamagedImageError extends Error {
  override readonly name = 'DamagedImageError';
  readonly code = 'damaged';
  readonly format: ImageFormat;
  /** What is wrong, without the format's name; holds numbers from the file, never its content. */
  readonly detail: string;

  constructor(format: ImageFormat, detail: string) {
    super(`the ${format.toUpperCase()} file is damaged: ${detail}`);
    this.format = format;
    this.detail = detail;
  }
}

/** Whatever `readImageHeader` throws; told apart by `code`. */
export type ImageHeaderError = UnsupportedFormatError | DamagedImageError;

/** Narrows a caught value to what `readImageHeader` throws. */
export function isImageHeaderError(error: unknown): error is ImageHeaderError {
  return error instanceof UnsupportedFormatError || error instanceof DamagedImageError;
}
