type Pixel = readonly [red: number, green: number, blue: number];

const luma = ([r, g, b]: Pixel) => 0.299 * r + 0.587 * g + 0.114 * b;
const grey = (value: number): Pixel => [value, value, value];
const cast =
  (red: number, green: number, blue: number) =>
  ([r, g, b]: Pixel): Pixel => [r * red, g * green, b * blue];

/** What goes wrong with the colours of an image, a pixel at a time in sRGB bytes; results are rounded and clipped. */
const PIXELS = {
  grey: (pixel) => grey(luma(pixel)),
  'red as grey': ([r]) => grey(r),
  'green as grey': ([, g]) => grey(g),
  'blue as grey': ([, , b]) => grey(b),
  'red and blue exchanged': ([r, g, b]) => [b, g, r],
  'red and green exchanged': ([r, g, b]) => [g, r, b],
  'green and blue exchanged': ([r, g, b]) => [r, b, g],
  'channels turned left': ([r, g, b]) => [g, b, r],
  'channels turned right': ([r, g, b]) => [b, r, g],
  inverted: ([r, g, b]) => [255 - r, 255 - g, 255 - b],
  'red alone': cast(1, 0, 0),
  'green alone': cast(0, 1, 0),
  'blue alone': cast(0, 0, 1),
  'without red': cast(0, 1, 1),
  'without green': cast(1, 0, 1),
  'without blue': cast(1, 1, 0),
  'blue cast': cast(0.6, 0.8, 1.3),
  'green cast': cast(0.7, 1.1, 0.7),
  'red cast': cast(1.3, 0.6, 0.6),
  'yellow cast': cast(1.1, 1, 0.4),
  'magenta cast': cast(1.2, 0.6, 1.2),
  'cyan cast': cast(0.5, 1, 1),
  sepia: (pixel) => cast(1.1, 0.95, 0.75)(grey(luma(pixel))),
  'YCbCr taken for RGB': (pixel) => {
    const [r, , b] = pixel;
    const y = luma(pixel);
    return [y, 128 + 0.564 * (b - y), 128 + 0.713 * (r - y)];
  },
  'a quarter of its chroma': (pixel) => {
    const y = 0.75 * luma(pixel);
    return [y + 0.25 * pixel[0], y + 0.25 * pixel[1], y + 0.25 * pixel[2]];
  },
} as const satisfies Record<string, (pixel: Pixel) => Pixel>;

export type Recolouring = keyof typeof PIXELS;

export const RECOLOURINGS = Object.keys(PIXELS) as readonly Recolouring[];

/** Changes the colours of RGB bytes. */
export function recolour(rgb: Uint8Array, recolouring: Recolouring): Uint8Array {
  const change: (pixel: Pixel) => Pixel = PIXELS[recolouring];
  const changed = new Uint8ClampedArray(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    changed.set(change([rgb[i]!, rgb[i + 1]!, rgb[i + 2]!]), i);
  }
  return new Uint8Array(changed.buffer);
}
