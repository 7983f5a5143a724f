import type { ImageHeader } from '@naevus/shared/preprocessing/image-header';
import type { RgbImage } from '@naevus/shared/preprocessing/preprocessing-spec';
import type { NetworkOutput } from './engine.ts';

/** A decoded picture, and its size as displayed where the decoder reduced it. */
export interface DecodedPhoto extends RgbImage {
  readonly displayed: { readonly width: number; readonly height: number };
}

/**
 * Decodes a JPEG, PNG or WebP file as `PREPROCESSING` says.
 *
 * @throws DamagedImageError when the pixels are corrupt or cut off
 */
export type ImageDecoder = (
  bytes: Uint8Array<ArrayBuffer>,
  header: ImageHeader,
) => Promise<DecodedPhoto>;

/** Runs the network on one image: 224 x 224 x 3 RGB bytes, row by row. */
export type Classifier = (rgb: Uint8Array) => Promise<NetworkOutput>;

/**
 * Encodes a picture as PNG.
 *
 * @param effort `small` compresses well; `fast` costs the least time, whatever the size
 */
export type PngEncoder = (
  image: RgbImage,
  effort: 'small' | 'fast',
) => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
