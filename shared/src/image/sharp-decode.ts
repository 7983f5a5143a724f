import { embedDeclaredColours } from './colour/embed-profile.ts';
import { displayedSize, type ImageHeader } from './header/image-header.ts';
import { DamagedImageError } from './header/image-header-error.ts';
import { readImageHeader } from './header/read-image-header.ts';
import { INPUT_SIZE, type RgbImage } from './preprocessing-spec.ts';

/** What is used of sharp, so that this file needs no native code: pass `import sharp from 'sharp'`. */
export interface SharpModule {
  (input: Uint8Array, options: SharpInputOptions): SharpPipeline;
  block(options: { operation: string[] }): void;
  unblock(options: { operation: string[] }): void;
}

interface SharpInputOptions {
  autoOrient: boolean;
  failOn: 'error' | 'warning';
  limitInputPixels: number;
}

interface SharpPipeline {
  resize(
    width: number,
    height: number,
    options: { fit: 'fill'; kernel: 'cubic'; fastShrinkOnLoad: boolean },
  ): SharpPipeline;
  flatten(options: { background: string }): SharpPipeline;
  toColourspace(colourspace: string): SharpPipeline;
  withIccProfile(icc: string): SharpPipeline;
  raw(): SharpPipeline;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}

/** More pixels than `maxPixels`; told from the header, before anything is decoded. */
export class TooManyPixelsError extends Error {
  override readonly name = 'TooManyPixelsError';
  readonly code = 'too-many-pixels';
  readonly width: number;
  readonly height: number;
  readonly maxPixels: number;

  constructor(width: number, height: number, maxPixels: number) {
    super(`${width} x ${height} pixels are more than the ${maxPixels} that are decoded`);
    this.width = width;
    this.height = height;
    this.maxPixels = maxPixels;
  }
}

/** Images of more pixels are refused by default. Phones' main cameras write up to 8192 x 6144, which is 50.3 million. */
export const DEFAULT_MAX_PIXELS = 52_000_000;

export interface DecodeOptions {
  /** {@link readImageHeader} of the same bytes, where the caller has it already. */
  readonly header?: ImageHeader;
  readonly maxPixels?: number;
  /** Refuse a JPEG that libjpeg warns of, too. */
  readonly failOnWarning?: boolean;
  /** Decode every pixel of a large JPEG too (to measure {@link loadReduction}). */
  readonly fullSize?: boolean;
}

export interface DecodedImage extends RgbImage {
  /** The file's own size as displayed; larger than the image's where {@link loadReduction} is not 1. */
  readonly displayed: { readonly width: number; readonly height: number };
}

/** No shrunken side may be shorter: the resampler's filter then still averages over all of the image. */
const SHORTEST_REDUCED_SIDE = 2 * INPUT_SIZE;

/**
 * By how much both sides of a large JPEG are reduced while it is decoded: 9, 5 or 3 where the
 * shorter side keeps 448 pixels (that is from 4032, 2240 and 1344 pixels on), else 1.
 *
 * This is part of the preprocessing. libjpeg decodes at 1/8, 1/4 or 1/2 out of the DCT
 * coefficients, and libvips' cubic filter takes the rest, 1.125, 1.25 or 1.5: the least that sharp
 * leaves to a filter. A 12-megapixel image costs 2.5 times less CPU time so. Against a full decode
 * the 224 x 224 result differs by 0.1 of 255 levels on average and 2 at most on HAM10000 images
 * enlarged to 12 megapixels (0.24 and 6 in the worst of 1.8 to 22), and by 0.34 and 10 on drawn
 * hairs and rings that are sharp to the pixel; a test holds the latter.
 */
export function loadReduction(header: Pick<ImageHeader, 'format' | 'width' | 'height'>): number {
  if (header.format !== 'jpeg') return 1;
  const shorter = Math.min(header.width, header.height);
  return [9, 5, 3].find((by) => Math.floor(shorter / by) >= SHORTEST_REDUCED_SIDE) ?? 1;
}

/**
 * Decodes a JPEG, PNG or WebP file to 8-bit sRGB as displayed: what training and evaluation decode
 * with, and the server whatever is no plain JPEG. EXIF orientation is applied; embedded ICC profiles, colours
 * that a file declares otherwise, and CMYK are converted to sRGB; alpha is flattened on white, 16 bits become 8, of an animation the
 * first frame is taken, and large JPEGs are reduced by {@link loadReduction}.
 *
 * Files that are cut off fail. JPEGs whose bytes are wrong but still decode do not: libjpeg only warns of
 * them, and it warns of what some phones write all the time, too. The server checks them before.
 *
 * @param sharp sharp 0.35 or later
 * @param bytes the whole file
 * @throws UnsupportedFormatError, DamagedImageError (of a header or of pixels), TooManyPixelsError,
 *   UnsupportedColoursError
 */
export async function decodeWithSharp(
  sharp: SharpModule,
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<DecodedImage> {
  const { maxPixels = DEFAULT_MAX_PIXELS } = options;
  const file = embedDeclaredColours({ bytes, header: options.header ?? readImageHeader(bytes) });
  const { header } = file;
  const displayed = displayedSize(header);
  if (header.width * header.height > maxPixels) {
    throw new TooManyPixelsError(displayed.width, displayed.height, maxPixels);
  }
  let pipeline = sharp(file.bytes, {
    autoOrient: true,
    failOn: options.failOnWarning === true ? 'warning' : 'error',
    limitInputPixels: maxPixels,
  });
  const by = options.fullSize === true ? 1 : loadReduction(header);
  if (by > 1) {
    // Rounded down, else sharp would take a size for a smaller reduction and decode four times as much.
    const [width, height] = [Math.floor(displayed.width / by), Math.floor(displayed.height / by)];
    pipeline = pipeline.resize(width, height, {
      fit: 'fill',
      kernel: 'cubic',
      fastShrinkOnLoad: true,
    });
  }
  pipeline = pipeline.flatten({ background: '#ffffff' }).toColourspace('srgb');
  // sharp converts 16-bit RGB with a profile to Display P3, and leaves it there unless asked.
  if (header.bitDepth === 16 && header.iccProfile && header.channels >= 3) {
    pipeline = pipeline.withIccProfile('srgb');
  }
  try {
    const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return { data: toRgb(data, width * height, info.channels), width, height, displayed };
  } catch (cause) {
    const error = new DamagedImageError(header.format, 'its pixels are corrupt or cut off');
    error.cause = cause;
    throw error;
  }
}

/**
 * Makes sharp refuse everything but JPEG, PNG and WebP, in the whole process: no other loader
 * (SVG, TIFF, HEIF, ...) is ever reached by untrusted bytes. For entry files, once.
 */
export function blockOtherLoaders(sharp: SharpModule): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'],
  });
}

function toRgb(data: Uint8Array, pixels: number, channels: number): Uint8Array {
  if (channels === 3) return data;
  if (channels !== 1) throw new Error(`${channels} channels came out of the decoder`);
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) rgb.fill(data[i]!, i * 3, i * 3 + 3);
  return rgb;
}
