import { INPUT_SIZE } from '../preprocessing/preprocessing-spec.ts';

/** What is measured of a picture before its answer is believed. */
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
 * - `sharpness`: 0 (blurred) to 1; how much a picture loses when it is blurred once more (one minus the blur
 *   effect of Crété et al. 2007, "The Blur Effect", section 3), whatever its contrast;
 * - `brightness`: mean luma, 0 (black) to 1 (white);
 * - `clipped`: share of the pixels that are as good as black or white;
 * - `lesion_contrast`: difference in luma between the lesion and what is around it, 0 to 1;
 * - `lesion_area`: the darker side of Otsu's threshold, as a share of the picture's middle;
 * - `hair`: share of the pixels on thin dark lines: hair, and the ticks of a ruler.
 */
export type ImageQuality = Readonly<Record<QualityMeasure, number>>;

const SIDE = INPUT_SIZE;
const PIXELS = SIDE * SIDE;
/** Luma at or below which a pixel is as good as black, and at or above which as good as white. */
const BLACK = 12;
const WHITE = 250;
/** Every so many lines and pixels are looked at: it halves the time, and moves the figures by little. */
const STEP = 2;
/** Half the width, in pixels, of the filter that blurs the picture once more. */
const REBLUR = 4;
/** The lesion is looked for within this share of half the side: dermatoscopes leave the corners black. */
const MIDDLE = 0.95;
/** Pixels from a thin line to what lies beside it, and how much darker the line is. */
const LINE_REACH = 3;
const LINE_DEPTH = 14;

/**
 * Measures the network's input.
 *
 * @param rgb 224 * 224 * 3 bytes, row by row, three bytes a pixel
 * @throws RangeError when `rgb` has another length
 */
export function measureQuality(rgb: Uint8Array): ImageQuality {
  if (rgb.length !== PIXELS * 3) {
    throw new RangeError(`rgb must have ${PIXELS * 3} bytes, not ${rgb.length}`);
  }
  const { luma, brightness, clipped } = lumaOf(rgb);
  const { contrast, area } = segmentLesion(luma);
  return {
    sharpness: 1 - blurEffect(luma),
    brightness,
    clipped,
    lesion_contrast: contrast / 255,
    lesion_area: area,
    hair: thinLines(luma),
  };
}

/** Rec. 601 luma in whole numbers; its mean, and the share of it that is as good as black or white. */
function lumaOf(rgb: Uint8Array): { luma: Uint8Array; brightness: number; clipped: number } {
  const luma = new Uint8Array(PIXELS);
  let sum = 0;
  let clipped = 0;
  for (let i = 0, byte = 0; i < PIXELS; i++, byte += 3) {
    const value = (77 * rgb[byte]! + 150 * rgb[byte + 1]! + 29 * rgb[byte + 2]!) >> 8;
    luma[i] = value;
    sum += value;
    if (value <= BLACK || value >= WHITE) clipped++;
  }
  return { luma, brightness: sum / PIXELS / 255, clipped: clipped / PIXELS };
}

/** The larger of the two directions' blur, as Crété et al. 2007, equations 1 to 6; 1 for a flat picture. */
function blurEffect(luma: Uint8Array): number {
  return Math.max(directionalBlur(luma, 1, SIDE), directionalBlur(luma, SIDE, 1));
}

function directionalBlur(luma: Uint8Array, step: number, across: number): number {
  const width = 2 * REBLUR + 1;
  let differences = 0;
  let kept = 0;
  const far = REBLUR * step;
  for (let line = 0; line < SIDE; line += STEP) {
    const end = line * across + (SIDE - REBLUR) * step;
    for (let i = line * across + (REBLUR + 1) * step; i < end; i += step) {
      // In units of 1 / width of a grey level, so that all of it stays whole numbers. The blurred
      // picture's difference is that of two windows which share all but their ends.
      const sharp = width * Math.abs(luma[i]! - luma[i - step]!);
      const blurred = Math.abs(luma[i + far]! - luma[i - far - step]!);
      differences += sharp;
      // The difference where it is positive, else 0, without a branch that no processor can guess.
      const lost = sharp - blurred;
      kept += lost & ~(lost >> 31);
    }
  }
  return differences === 0 ? 1 : (differences - kept) / differences;
}

/** Otsu 1979: the threshold that parts the middle's luma into the two most distinct sides. */
function segmentLesion(luma: Uint8Array): { contrast: number; area: number } {
  const histogram = new Uint32Array(256);
  const centre = (SIDE - 1) / 2;
  const radius = centre * MIDDLE;
  let total = 0;
  let sum = 0;
  for (let y = 0; y < SIDE; y += STEP) {
    const half = Math.sqrt(Math.max(0, radius * radius - (y - centre) ** 2));
    const end = Math.floor(centre + half);
    for (let x = Math.ceil(centre - half); x <= end; x += STEP) {
      const value = luma[y * SIDE + x]!;
      histogram[value]!++;
      total++;
      sum += value;
    }
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

/** Pixels that are darker than both of their neighbours at a small distance, across or down. */
function thinLines(luma: Uint8Array): number {
  let found = 0;
  let seen = 0;
  const down = LINE_REACH * SIDE;
  for (let y = LINE_REACH; y < SIDE - LINE_REACH; y += STEP) {
    for (let x = LINE_REACH; x < SIDE - LINE_REACH; x += STEP) {
      seen++;
      const i = y * SIDE + x;
      const limit = luma[i]! + LINE_DEPTH;
      if (
        (luma[i - LINE_REACH]! > limit && luma[i + LINE_REACH]! > limit) ||
        (luma[i - down]! > limit && luma[i + down]! > limit)
      ) {
        found++;
      }
    }
  }
  return found / seen;
}
