/// <reference path="../wasm/webassembly.d.ts" />
import { INPUT_SIZE } from './preprocessing-spec.ts';

/** What is measured of an image before its answer is believed. */
export const QUALITY_MEASURES = [
  'sharpness',
  'brightness',
  'clipped',
  'lesion_contrast',
  'lesion_area',
  'hair',
] as const;

export type QualityMeasure = (typeof QUALITY_MEASURES)[number];

/**
 * - `sharpness`: 0 (blurred) to 1; how much an image loses when it is blurred once more (one minus the blur
 *   effect of Crété et al. 2007, "The Blur Effect", section 3), whatever its contrast;
 * - `brightness`: mean luma, 0 (black) to 1 (white);
 * - `clipped`: share of the pixels that are as good as black or white;
 * - `lesion_contrast`: difference in luma between the lesion and what is around it, 0 to 1;
 * - `lesion_area`: the darker side of Otsu's threshold, as a share of the image's middle;
 * - `hair`: share of the pixels on thin dark lines: hair, and the ticks of a ruler.
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
}

/** Where things lie in wasm memory. */
const SUMS = 0;
const TABLES = 64;
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
  const { memory, measureSquare } = new WebAssembly.Instance(module).exports as unknown as Kernels;
  memory.grow(WASM_PAGES);
  const bytes = new Uint8Array(memory.buffer, RGB, 3 * PIXELS);
  const sums = new Uint32Array(memory.buffer, SUMS, 8);
  const histogram = new Uint32Array(memory.buffer, TABLES, 256);

  return (rgb) => {
    if (rgb.length !== bytes.length) {
      throw new RangeError(`rgb must have ${bytes.length} bytes, not ${rgb.length}`);
    }
    bytes.set(rgb);
    measureSquare(RGB, SIDE, LUMA, SUMS, TABLES);
    const [luma, clipped, across, lostAcross, down, lostDown, onLines, lookedAt] = sums;
    const { contrast, area } = segmentLesion(histogram);
    return {
      sharpness: 1 - Math.max(blurEffect(across!, lostAcross!), blurEffect(down!, lostDown!)),
      brightness: luma! / PIXELS / 255,
      clipped: clipped! / PIXELS,
      lesion_contrast: contrast / 255,
      lesion_area: area,
      hair: onLines! / lookedAt!,
    };
  };
}

/** Crété et al. 2007, equation 6: in one direction, what a blur leaves of all differences; 1 where there are none. */
function blurEffect(differences: number, lost: number): number {
  return differences === 0 ? 1 : (differences - lost) / differences;
}

/** Otsu 1979: the threshold that parts the middle's luma into the two most distinct sides. */
function segmentLesion(histogram: Uint32Array): { contrast: number; area: number } {
  let total = 0;
  let sum = 0;
  for (let value = 0; value < 256; value++) {
    total += histogram[value]!;
    sum += value * histogram[value]!;
  }
  let best = 0;
  let result = { contrast: 0, area: 0 };
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
      result = { contrast, area: count / total };
    }
  }
  return result;
}
