import type { ImageHeader } from '@naevus/shared/image/header/image-header';
import type { RgbImage } from '@naevus/shared/image/preprocessing-spec';
import type { Classify } from '@naevus/shared/network/network-output';

/** A decoded image, and its size as displayed where the decoder reduced it. */
export interface DecodedImage extends RgbImage {
  readonly displayed: { readonly width: number; readonly height: number };
}

/** A sound image that this runtime does not serve; the message says why, and what to send instead. */
export class UnservedImageError extends Error {
  override readonly name = 'UnservedImageError';
  /** `too-large` to be decoded in the memory there is, or in `colours` that cannot be made sRGB. */
  readonly reason: 'too-large' | 'colours';

  constructor(reason: 'too-large' | 'colours', message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Decodes a JPEG, PNG or WebP file as `PREPROCESSING` says.
 *
 * @param use takes what is wanted of the pixels at once: their memory is the next image's
 * @returns what `use` returned
 * @throws DamagedImageError when the pixels are corrupt or cut off
 * @throws UnservedImageError where the runtime's decoder cannot take a sound image
 */
export type ImageDecoder = <T>(
  bytes: Uint8Array<ArrayBuffer>,
  header: ImageHeader,
  use: (image: DecodedImage) => T,
) => Promise<T>;

/** Runs the network on one image: 224 x 224 x 3 RGB bytes, row by row. */
export type Classifier = Classify;

/**
 * Encodes an image as PNG.
 *
 * @param effort `small` compresses well; `fast` costs the least time, whatever the size
 */
export type PngEncoder = (
  image: RgbImage,
  effort: 'small' | 'fast',
) => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
