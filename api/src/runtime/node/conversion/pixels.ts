/** Pixels of 8 bits a channel, row by row, without padding. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** RGB, or RGB and alpha that the colours are not multiplied with. */
  readonly channels: 3 | 4;
}

/** What a side keeps when {@link reduced} halves it and more: four times the network's input. */
const SHORTEST_REDUCED_SIDE = 4 * 224;

const WHITE = 255;

/**
 * Averages over squares, as large as leave the shorter side {@link SHORTEST_REDUCED_SIDE} pixels, and lays transparency
 * on white: the converted file of a phone's photo takes 4 MB so, not 36. As `PREPROCESSING` reduces large JPEGs.
 *
 * @returns RGB
 */
export function reduced(
  pixels: Pixels,
): Pixels & { readonly data: Uint8Array; readonly channels: 3 } {
  const { data, channels } = pixels;
  const by = Math.max(1, Math.floor(Math.min(pixels.width, pixels.height) / SHORTEST_REDUCED_SIDE));
  const width = Math.floor(pixels.width / by);
  const height = Math.floor(pixels.height / by);
  const out = new Uint8Array(width * height * 3);
  const sums = new Float64Array(width * 3);
  const count = by * by;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = y * by; row < (y + 1) * by; row++) {
      let from = row * pixels.width * channels;
      for (let x = 0; x < width; x++) {
        for (let i = 0; i < by; i++, from += channels) {
          const opaque = channels === 4 ? data[from + 3]! / WHITE : 1;
          const background = (1 - opaque) * WHITE;
          for (let k = 0; k < 3; k++) sums[x * 3 + k]! += data[from + k]! * opaque + background;
        }
      }
    }
    for (let i = 0, to = y * width * 3; i < sums.length; i++, to++) {
      out[to] = Math.round(sums[i]! / count);
    }
  }
  return { data: out, width, height, channels: 3 };
}

/** A turn or mirroring of an image, in the words of the HEIF standard (ISO/IEC 23008-12, section 6.5). */
export type Transform =
  | { readonly kind: 'rotate'; readonly counterclockwise: 90 | 180 | 270 }
  | { readonly kind: 'mirror'; readonly axis: 'rows' | 'columns' }
  | {
      readonly kind: 'crop';
      readonly left: number;
      readonly top: number;
      readonly right: number;
      readonly bottom: number;
    };

/** The image as displayed; `crop` takes pixels away from each edge. */
export function transformed(pixels: Pixels, transform: Transform): Pixels {
  const { width, height } = pixels;
  switch (transform.kind) {
    case 'rotate':
      switch (transform.counterclockwise) {
        case 90:
          return mapped(pixels, height, width, (x, y) => [width - 1 - y, x]);
        case 180:
          return mapped(pixels, width, height, (x, y) => [width - 1 - x, height - 1 - y]);
        case 270:
          return mapped(pixels, height, width, (x, y) => [y, height - 1 - x]);
      }
      break;
    case 'mirror':
      return transform.axis === 'rows'
        ? mapped(pixels, width, height, (x, y) => [x, height - 1 - y])
        : mapped(pixels, width, height, (x, y) => [width - 1 - x, y]);
    case 'crop': {
      const { left, top } = transform;
      const across = width - left - transform.right;
      const down = height - top - transform.bottom;
      return mapped(pixels, across, down, (x, y) => [x + left, y + top]);
    }
  }
}

function mapped(
  { data, width: stride, channels }: Pixels,
  width: number,
  height: number,
  source: (x: number, y: number) => [x: number, y: number],
): Pixels {
  const out = new Uint8Array(width * height * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = source(x, y);
      const from = (fromY * stride + fromX) * channels;
      for (let k = 0; k < channels; k++) out[to++] = data[from + k]!;
    }
  }
  return { data: out, width, height, channels };
}
