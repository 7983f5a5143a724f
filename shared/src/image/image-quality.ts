/// <reference path="../wasm/webassembly.d.ts" />
import { type ColourSums, colourFeatures, lesionColourOddity } from './lesion-colour.ts';
import { INPUT_SIZE } from './preprocessing-spec.ts';

/** What is measured of an image before its answer is believed. */
export const QUALITY_MEASURES = [
  'sharpness',
  'brightness',
  'clipped',
  'lesion_contrast',
  'lesion_area',
  'hair',
  'colour',
] as const;

export type QualityMeasure = (typeof QUALITY_MEASURES)[number];

/**
 * - `sharpness`: 0 (blurred) to 1; how much an image loses when it is blurred once more (one minus the blur
 *   effect of Crété et al. 2007, "The Blur Effect", section 3), whatever its contrast;
 * - `brightness`: mean luma, 0 (black) to 1 (white);
 * - `clipped`: share of the pixels that are as good as black or white;
 * - `lesion_contrast`: difference in luma between the lesion and what is around it, 0 to 1;
 * - `lesion_area`: the darker side of Otsu's threshold, as a share of the image's middle;
 * - `hair`: share of the pixels on thin dark lines: hair, and the ticks of a ruler;
 * - `colour`: how unlike those of skin lesions the colours are, as {@link lesionColourOddity} has it: below 0 for
 *   most lesions, above 0 for images that are grey, inverted, tinted, or have their channels in another order.
 */
export type ImageQuality = Readonly<Record<QualityMeasure, number>>;

/** Measures the network's input: 224 * 224 * 3 bytes, row by row, three bytes a pixel. */
export type QualityMeter = (rgb: Uint8Array) => ImageQuality;

const SIDE = INPUT_SIZE;
const PIXELS = SIDE * SIDE;

/** What `assembly/image-quality.ts` exports. All pointers are byte addresses in `memory`. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  measureSquare(rgb: number, side: number, luma: number, sums: number, tables: number): void;
  sumColours(rgb: number, luma: number, side: number, threshold: number, sums: number): void;
}

/** Where things lie in wasm memory. */
const SUMS = 0;
const COLOURS = 32;
const TABLES = 128;
const LUMA = TABLES + 4 * 1024;
const RGB = LUMA + PIXELS + 64;
const WASM_PAGES = Math.ceil((RGB + 3 * PIXELS) / 65_536);

/**
 * Makes what measures images. The pixels are summed up by one module in training, on Node, at the edge and in
 * browsers: what limits and histograms were fitted on is what serving measures.
 *
 * @param module `@naevus/shared/kernels.wasm`, compiled the way the runtime allows
 * @returns a function that throws a RangeError where there are not as many bytes
 */
export function createQualityMeter(module: WebAssembly.Module): QualityMeter {
  const measure = createSums(module);
  return (rgb) => {
    const { sums, lesion, colours } = measure(rgb);
    const [luma, clipped, across, lostAcross, down, lostDown, onLines, lookedAt] = sums;
    return {
      sharpness: 1 - Math.max(blurEffect(across!, lostAcross!), blurEffect(down!, lostDown!)),
      brightness: luma! / PIXELS / 255,
      clipped: clipped! / PIXELS,
      lesion_contrast: lesion.contrast / 255,
      lesion_area: lesion.area,
      hair: onLines! / lookedAt!,
      colour: lesionColourOddity(colours),
    };
  };
}

/** {@link createQualityMeter} for the features of the colours alone, to fit what `colour` is told by. */
export function createColourMeter(module: WebAssembly.Module): (rgb: Uint8Array) => number[] {
  const measure = createSums(module);
  return (rgb) => colourFeatures(measure(rgb).colours);
}

function createSums(module: WebAssembly.Module) {
  const { exports } = new WebAssembly.Instance(module);
  const { memory, measureSquare, sumColours } = exports as unknown as Kernels;
  memory.grow(WASM_PAGES);
  const bytes = new Uint8Array(memory.buffer, RGB, 3 * PIXELS);
  const sums = new Uint32Array(memory.buffer, SUMS, 8);
  const colours = new Uint32Array(memory.buffer, COLOURS, 10);
  const histogram = new Uint32Array(memory.buffer, TABLES, 256);

  return (rgb: Uint8Array) => {
    if (rgb.length !== bytes.length) {
      throw new RangeError(`rgb must have ${bytes.length} bytes, not ${rgb.length}`);
    }
    bytes.set(rgb);
    measureSquare(RGB, SIDE, LUMA, SUMS, TABLES);
    const lesion = segmentLesion(histogram);
    sumColours(RGB, LUMA, SIDE, lesion.threshold, COLOURS);
    return { sums, lesion, colours: colourSums(colours) };
  };
}

function colourSums(sums: Uint32Array): ColourSums {
  const [lesionPixels, lesionRed, lesionGreen, lesionBlue, pixels, red, green, blue] = sums;
  return {
    lesion: { pixels: lesionPixels!, red: lesionRed!, green: lesionGreen!, blue: lesionBlue! },
    all: { pixels: pixels!, red: red!, green: green!, blue: blue! },
    redLessGreenSquared: sums[8]!,
    blueLessGreenSquared: sums[9]!,
  };
}

/** Crété et al. 2007, equation 6: in one direction, what a blur leaves of all differences; 1 where there are none. */
function blurEffect(differences: number, lost: number): number {
  return differences === 0 ? 1 : (differences - lost) / differences;
}

/** Otsu 1979: the threshold that parts the middle's luma into the two most distinct sides. */
function segmentLesion(histogram: Uint32Array) {
  let total = 0;
  let sum = 0;
  for (let value = 0; value < 256; value++) {
    total += histogram[value]!;
    sum += value * histogram[value]!;
  }
  let best = 0;
  let result = { contrast: 0, area: 0, threshold: 0 };
  let count = 0;
  let dark = 0;
  for (let value = 0; value < 255; value++) {
    count += histogram[value]!;
    dark += value * histogram[value]!;
    if (count === 0 || count === total) continue;
    const contrast = (sum - dark) / (total - count) - dark / count;
    const between = count * (total - count) * contrast * contrast;
    if (between > best) {
      best = between;
      result = { contrast, area: count / total, threshold: value };
    }
  }
  return result;
}

/** Bounds that nearly all lesions of the validation data keep, for the measures that have any. */
export type QualityLimits = {
  readonly [M in QualityMeasure]?:
    | { readonly min?: number | undefined; readonly max?: number | undefined }
    | undefined;
};

/**
 * Limits of measures that are younger than a version's manifest: those of version 0.5.0's validation images, fitted as
 * an export fits them. What a manifest has itself counts instead.
 */
export const LIMITS_OF_OLDER_VERSIONS: QualityLimits = { colour: { max: 0.372 } };

export interface QualityCheck {
  readonly check: QualityMeasure;
  readonly value: number;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly passed: boolean;
}

/** Holds an image's quality against the limits; measures without a limit are left out. */
export function checkQuality(quality: ImageQuality, limits: QualityLimits): QualityCheck[] {
  return QUALITY_MEASURES.flatMap((check) => {
    const limit = limits[check];
    if (limit === undefined) return [];
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limit;
    const value = quality[check];
    return [{ check, value, ...limit, passed: value >= min && value <= max }];
  });
}
