import type { ForeignFormat } from './foreign-format.ts';
import type { ImageFormat } from './image-header.ts';

/** The first bytes are not those of a JPEG, PNG or WebP file. */
export class UnsupportedFormatError extends Error {
  override readonly name = 'UnsupportedFormatError';
  readonly code = 'unsupported-format';
  /** What the bytes look like, when that is a well-known other format. */
  readonly guess: ForeignFormat | undefined;

  constructor(guess: ForeignFormat | undefined) {
    super(
      guess === undefined
        ? 'the first bytes are of no known image format; JPEG, PNG and WebP are read'
        : `the first bytes look like ${guess}; JPEG, PNG and WebP are read`,
    );
    this.guess = guess;
  }
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
