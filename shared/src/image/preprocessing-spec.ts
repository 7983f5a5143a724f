/** Height and width of the network's input, in pixels. */
export const INPUT_SIZE = 224;

/** Channels of the network's input: red, green, blue. */
export const INPUT_CHANNELS = 3;

/**
 * The one preparation of an image, in words that a manifest fixes and a decoder is held to:
 * decode, apply the EXIF orientation, convert to sRGB, flatten alpha on white, reduce to 8 bits,
 * then squash the middle of the picture, or all of it, to a square with an antialiased triangle filter.
 * How much of it is `preprocessing.crop` of the version's manifest: training shows lesions larger than they are
 * in whole pictures (random crops), and a network finds them best at the size that it knows (Touvron et al. 2019,
 * "Fixing the train-test resolution discrepancy").
 *
 * - `squash`: both sides are scaled to {@link INPUT_SIZE}, the aspect ratio is not kept, nothing is cut off
 *   but what lies outside of the crop.
 * - `triangle`: half-pixel centres, filter support max(1, scale) input pixels, normalised weights,
 *   float32 between the two passes, rounded half up to 8 bits (Pillow's BILINEAR, less its
 *   rounding between the passes).
 * - `large-jpeg-on-load`: a JPEG whose shorter side is at least 1344 pixels may be reduced while it is
 *   decoded, both sides keeping 448 or more; a decoder that does not is within 0.34 grey levels on
 *   average and 10 at most of one that does (measured at `loadReduction` in sharp-decode.ts).
 */
export const PREPROCESSING = {
  orientation: 'exif-applied',
  colour: 'srgb',
  alpha: 'flattened-on-white',
  depth: 8,
  reduction: 'large-jpeg-on-load',
  geometry: 'squash',
  resampling: 'triangle',
  height: INPUT_SIZE,
  width: INPUT_SIZE,
  channels: 'rgb',
} as const;

export type Preprocessing = typeof PREPROCESSING;

/** An 8-bit RGB picture, row by row, three bytes a pixel, no padding. */
export interface RgbImage {
  /** `height * width * 3` bytes. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}
