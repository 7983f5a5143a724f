import type { DeclaredColours } from './declared-colours.ts';
import type { Orientation } from './exif-orientation.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** What a file says of its image before anything is decoded. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** As stored, before the orientation is applied; see {@link displayedSize}. At least 1. */
  readonly width: number;
  readonly height: number;
  /** 1 where the file does not say. */
  readonly orientation: Orientation;
  /** More than one frame may follow; the size is that of the canvas. */
  readonly animated: boolean;
  /** Bits of one sample, as stored. */
  readonly bitDepth: number;
  /** Samples of one pixel; a palette counts as its colours. 4 is CMYK in a JPEG, alpha elsewhere. */
  readonly channels: number;
  readonly iccProfile: boolean;
  /** Where it has no profile, or one that does not count, and says otherwise that it is not sRGB. */
  readonly declaredColours?: DeclaredColours;
}

/** Width and height in pixels as displayed, after the orientation: 5 to 8 lie on their side. */
export function displayedSize(header: Pick<ImageHeader, 'width' | 'height' | 'orientation'>): {
  width: number;
  height: number;
} {
  const { width, height, orientation } = header;
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
