import type { Random } from '@naevus/shared/statistics/random';
import type { Transform } from './transform.ts';

/** Changes where the pixels of a picture are taken from; `strength` from 0 (not at all) to 1. */
type ShapeOperation = (transform: Transform, strength: number, random: Random) => Transform;

/** Changes the colours of a picture in place: [pixel, channel], 0 to 255. */
type ColourOperation = (pixels: Float32Array, strength: number, random: Random) => void;

const sign = (random: Random): number => (random.next() < 0.5 ? -1 : 1);

/** What of the picture is shown after what the transform does: its columns are scaled and sheared. */
function composed([xx, xy, x0, yx, yy, y0]: Transform, a: number, b: number, c: number, d: number) {
  return [xx * a + xy * c, xx * b + xy * d, x0, yx * a + yy * c, yx * b + yy * d, y0] as const;
}

/** One of these at a time, as RandAugment has it (Cubuk et al. 2020). */
export const SHAPE_OPERATIONS = {
  shearX: (transform, strength, random) =>
    composed(transform, 1, 0.4 * strength * sign(random), 0, 1),
  shearY: (transform, strength, random) =>
    composed(transform, 1, 0, 0.4 * strength * sign(random), 1),
  stretch: (transform, strength, random) => {
    const factor = (1 + 0.5 * strength) ** sign(random);
    return composed(transform, factor, 0, 0, 1 / factor);
  },
  nearer: (transform, strength) => {
    const factor = 1 / (1 + 0.5 * strength);
    return composed(transform, factor, 0, 0, factor);
  },
  farther: (transform, strength) => {
    const factor = 1 + 0.5 * strength;
    return composed(transform, factor, 0, 0, factor);
  },
  shift: ([xx, xy, x0, yx, yy, y0], strength, random) => [
    xx,
    xy,
    x0 + 0.2 * strength * sign(random),
    yx,
    yy,
    y0 + 0.2 * strength * sign(random),
  ],
} as const satisfies Readonly<Record<string, ShapeOperation>>;

export const COLOUR_OPERATIONS = {
  /** Colour constancy by the Minkowski mean of order 6 (Finlayson, Trezzi 2004), by `strength` of the way. */
  shadesOfGrey: (pixels, strength) => balance(pixels, minkowskiMeans(pixels), strength),
  /** Colour constancy by the brightest of each channel. */
  maxRgb: (pixels, strength) => balance(pixels, maxima(pixels), strength),
  /** Another lamp: a channel more, the others less. */
  cast: (pixels, strength, random) => {
    const channel = random.integer(3);
    const factor = 1 + 0.3 * strength * sign(random);
    gain(
      pixels,
      [0, 1, 2].map((other) => (other === channel ? factor : 1 / Math.sqrt(factor))),
    );
  },
  gamma: (pixels, strength, random) => {
    const power = (1 + 0.7 * strength) ** sign(random);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = 255 * (Math.max(0, pixels[i]!) / 255) ** power;
    }
  },
  grey: (pixels, strength) => {
    for (let i = 0; i < pixels.length; i += 3) {
      const mean = (pixels[i]! + pixels[i + 1]! + pixels[i + 2]!) / 3;
      for (let c = i; c < i + 3; c++) pixels[c]! += 0.8 * strength * (mean - pixels[c]!);
    }
  },
  /** Stretches the levels from the darkest to the brightest over all there are. */
  autoContrast: (pixels, strength) => {
    let [low, high] = [255, 0];
    for (const value of pixels) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high - low < 1) return;
    for (let i = 0; i < pixels.length; i++) {
      const stretched = (255 * (pixels[i]! - low)) / (high - low);
      pixels[i]! += strength * (stretched - pixels[i]!);
    }
  },
} as const satisfies Readonly<Record<string, ColourOperation>>;

/** One operation at random, of at most this strength. */
export function drawShape(transform: Transform, most: number, random: Random): Transform {
  const operations = Object.values(SHAPE_OPERATIONS) as ShapeOperation[];
  return operations[random.integer(operations.length)]!(transform, most * random.next(), random);
}

/** One operation at random, of at most this strength. */
export function drawColour(pixels: Float32Array, most: number, random: Random): void {
  const operations = Object.values(COLOUR_OPERATIONS) as ColourOperation[];
  operations[random.integer(operations.length)]!(pixels, most * random.next(), random);
}

/** Divides by what the light seems to be, so that it becomes grey of the same level. */
function balance(pixels: Float32Array, light: readonly number[], strength: number): void {
  const level = light.reduce((sum, value) => sum + value, 0) / 3;
  gain(
    pixels,
    light.map((value) => (value > 0 ? (level / value) ** strength : 1)),
  );
}

function gain(pixels: Float32Array, factors: readonly number[]): void {
  for (let i = 0; i < pixels.length; i++) pixels[i]! *= factors[i % 3]!;
}

function minkowskiMeans(pixels: Float32Array): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < pixels.length; i++) sums[i % 3]! += (Math.max(0, pixels[i]!) / 255) ** 6;
  return sums.map((sum) => 255 * (sum / (pixels.length / 3)) ** (1 / 6));
}

function maxima(pixels: Float32Array): number[] {
  const highest = [0, 0, 0];
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i]! > highest[i % 3]!) highest[i % 3] = pixels[i]!;
  }
  return highest;
}
