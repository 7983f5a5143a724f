import type { Random } from '@naevus/shared/statistics/random';
import type { Augmentation } from './augmentation-config.ts';
import { shiftHue } from './shift-hue.ts';
import { drawColour, drawShape } from './strong-operations.ts';
import type { Transform } from './transform.ts';

/** A squashed square picture as the decoded cache holds it. */
export interface SquareImage {
  /** `size * size * 3` bytes, RGB. */
  readonly data: Uint8Array;
  readonly size: number;
  /** Width over height before it was squashed: rotation happens in the true shape. */
  readonly aspect: number;
}

const LUMA = [0.299, 0.587, 0.114] as const;

/** From this reduction on each output pixel averages 2×2 samples, so that detail does not alias. */
const SUPERSAMPLE_FROM = 1.4;

/**
 * One random variant of an image, in one resampling: geometry, then colour, blur, noise and cut-out.
 *
 * @param output receives `size * size * 3` float32 values 0 to 255 from `offset` on.
 * @param isStrong whether the strong operations, where there are any, are drawn too
 */
export function augmentImage(
  image: SquareImage,
  options: Augmentation,
  random: Random,
  output: Float32Array,
  offset: number,
  size: number,
  isStrong = true,
): void {
  const target = output.subarray(offset, offset + size * size * 3);
  const strong = isStrong ? options.strong : null;
  let transform = randomTransform(options, image.aspect, random);
  if (strong && random.next() < strong.shape) {
    transform = drawShape(transform, strong.magnitude, random);
  }
  warp(image, transform, options.fill, target, size);
  if (strong && random.next() < strong.colour) drawColour(target, strong.magnitude, random);
  jitterColour(target, options, random);
  if (options.hue > 0) shiftHue(target, uniform(random, -options.hue, options.hue));
  if (options.blur > 0 && random.next() < options.blur) {
    const passes = 1 + random.integer(3);
    for (let pass = 0; pass < passes; pass++) blur(target, size);
  }
  if (options.noise > 0) addNoise(target, random.next() * options.noise, random);
  if (options.cutOut > 0 && random.next() < options.cutOut) cutOut(target, size, random);
  for (let i = 0; i < target.length; i++) {
    const value = target[i]!;
    target[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

/** What a transform is made of. */
export interface Geometry {
  /** Radians. */
  readonly angle: number;
  /** Source sides over output sides; negative flips. */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Shares of the side. */
  readonly shiftX: number;
  readonly shiftY: number;
}

/** Rotates in the shape the picture had before it was squashed, then shifts. */
export function trueShapeTransform(geometry: Geometry, aspect: number): Transform {
  const { angle, scaleX, scaleY, shiftX, shiftY } = geometry;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [
    cos * scaleX,
    (-sin * scaleY) / aspect,
    shiftX,
    sin * scaleX * aspect,
    cos * scaleY,
    shiftY,
  ];
}

/** Shifts, then rotates, both in the squashed square: Keras' ImageDataGenerator. */
export function imageDataGeneratorTransform(geometry: Geometry): Transform {
  const { angle, scaleX, scaleY, shiftX, shiftY } = geometry;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [
    cos * scaleX,
    -sin * scaleY,
    cos * shiftX - sin * shiftY,
    sin * scaleX,
    cos * scaleY,
    sin * shiftX + cos * shiftY,
  ];
}

function randomTransform(options: Augmentation, aspect: number, random: Random): Transform {
  const [minArea, maxArea] = options.cropArea;
  const side = Math.sqrt(uniform(random, minArea, maxArea));
  const stretch = options.cropAspect ** uniform(random, -0.5, 0.5);
  const angle = (uniform(random, -1, 1) * options.rotationDegrees * Math.PI) / 180;
  const flipX = options.horizontalFlip && random.next() < 0.5 ? -1 : 1;
  const flipY = options.verticalFlip && random.next() < 0.5 ? -1 : 1;
  // A crop smaller than the picture may lie anywhere in it; a shift moves it further.
  const slack = Math.max(0, 1 - side) / 2;
  const reach = slack + options.shift;
  const shiftX = uniform(random, -reach, reach);
  const shiftY = uniform(random, -reach, reach);
  const { zoom } = options;
  const zoomX = zoom > 0 ? uniform(random, 1 - zoom, 1 + zoom) : 1;
  const zoomY = zoom > 0 ? uniform(random, 1 - zoom, 1 + zoom) : 1;
  const geometry = {
    angle,
    scaleX: side * stretch * flipX * zoomX,
    scaleY: (side / stretch) * flipY * zoomY,
    shiftX,
    shiftY,
  };
  return options.geometry === 'true-shape'
    ? trueShapeTransform(geometry, aspect)
    : imageDataGeneratorTransform(geometry);
}

/** Maps a coordinate outside of 0 .. last into it. */
type Fill = (position: number, last: number) => number;

const FILLS: Readonly<Record<Augmentation['fill'], Fill>> = {
  reflect,
  nearest: (position, last) => (position < 0 ? 0 : last),
};

/**
 * Resamples a picture bilinearly, averaging where it is reduced much.
 *
 * @param target [size, size, 3], overwritten.
 */
export function warp(
  image: SquareImage,
  transform: Transform,
  fill: Augmentation['fill'],
  target: Float32Array,
  size: number,
): void {
  const [xx, xy, , yx, yy] = transform;
  const reduction = (image.size / size) * Math.sqrt(Math.abs(xx * yy - xy * yx));
  target.fill(0);
  if (reduction < SUPERSAMPLE_FROM) {
    addSamples(image, transform, FILLS[fill], target, size, 0.5, 0.5, 1);
    return;
  }
  for (const dy of [0.25, 0.75]) {
    for (const dx of [0.25, 0.75])
      addSamples(image, transform, FILLS[fill], target, size, dx, dy, 0.25);
  }
}

/** Adds one bilinear sample a pixel, at (dx, dy) within it, times `share`. */
function addSamples(
  { data, size: source }: SquareImage,
  [xx, xy, x0, yx, yy, y0]: Transform,
  fill: Fill,
  target: Float32Array,
  size: number,
  dx: number,
  dy: number,
  share: number,
): void {
  const last = source - 1;
  const line = source * 3;
  const stepX = (xx / size) * source;
  const stepY = (yx / size) * source;
  let at = 0;
  for (let row = 0; row < size; row++) {
    const u = dx / size - 0.5;
    const v = (row + dy) / size - 0.5;
    let nextX = (xx * u + xy * v + x0 + 0.5) * source - 0.5;
    let nextY = (yx * u + yy * v + y0 + 0.5) * source - 0.5;
    for (let column = 0; column < size; column++) {
      const x = nextX >= 0 && nextX <= last ? nextX : fill(nextX, last);
      const y = nextY >= 0 && nextY <= last ? nextY : fill(nextY, last);
      nextX += stepX;
      nextY += stepY;
      const left = x | 0;
      const top = y | 0;
      const fx = x - left;
      const lower = (y - top) * share;
      const upper = share - lower;
      const wa = (1 - fx) * upper;
      const wb = fx * upper;
      const wc = (1 - fx) * lower;
      const wd = fx * lower;
      const a = top * line + left * 3;
      const b = left < last ? a + 3 : a;
      const down = top < last ? line : 0;
      const c = a + down;
      const d = b + down;
      target[at]! += wa * data[a]! + wb * data[b]! + wc * data[c]! + wd * data[d]!;
      target[at + 1]! +=
        wa * data[a + 1]! + wb * data[b + 1]! + wc * data[c + 1]! + wd * data[d + 1]!;
      target[at + 2]! +=
        wa * data[a + 2]! + wb * data[b + 2]! + wc * data[c + 2]! + wd * data[d + 2]!;
      at += 3;
    }
  }
}

/** Mirrors a coordinate at 0 and `last` until it lies between them. */
function reflect(position: number, last: number): number {
  const period = 2 * last;
  const folded = Math.abs(position) % period;
  return folded > last ? period - folded : folded;
}

function jitterColour(target: Float32Array, options: Augmentation, random: Random): void {
  const brightness = uniform(random, ...options.brightness);
  const contrast = 1 + uniform(random, -1, 1) * options.contrast;
  const saturation = 1 + uniform(random, -1, 1) * options.saturation;
  const gains = LUMA.map(() => brightness * (1 + uniform(random, -1, 1) * options.channelGain));
  if (contrast === 1 && saturation === 1 && gains.every((gain) => gain === 1)) return;
  const [gainR = 1, gainG = 1, gainB = 1] = gains;
  let mean = 0;
  for (let i = 0; i < target.length; i++) mean += target[i]!;
  mean = (mean / target.length) * brightness;
  const offset = mean * (1 - contrast);
  for (let i = 0; i < target.length; i += 3) {
    const red = target[i]! * gainR;
    const green = target[i + 1]! * gainG;
    const blue = target[i + 2]! * gainB;
    const grey = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue) * (1 - saturation);
    target[i] = (grey + red * saturation) * contrast + offset;
    target[i + 1] = (grey + green * saturation) * contrast + offset;
    target[i + 2] = (grey + blue * saturation) * contrast + offset;
  }
}

/** One pass of the binomial filter [1, 2, 1] / 4 along both axes; borders repeat. */
function blur(target: Float32Array, size: number): void {
  const line = new Float32Array(size);
  for (const [step, stride] of [
    [3, size * 3],
    [size * 3, 3],
  ] as const) {
    for (let i = 0; i < size; i++) {
      for (let channel = 0; channel < 3; channel++) {
        const start = i * stride + channel;
        for (let j = 0; j < size; j++) line[j] = target[start + j * step]!;
        for (let j = 0; j < size; j++) {
          const before = line[j > 0 ? j - 1 : 0]!;
          const after = line[j < size - 1 ? j + 1 : j]!;
          target[start + j * step] = (before + 2 * line[j]! + after) / 4;
        }
      }
    }
  }
}

function addNoise(target: Float32Array, deviation: number, random: Random): void {
  // A short table of normals read from random places: a true one a value costs more than the warp.
  const table = Float32Array.from({ length: 1024 }, () => deviation * random.normal());
  let state = random.uint32();
  for (let i = 0; i < target.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    target[i] = target[i]! + table[state >>> 22]!;
  }
}

function cutOut(target: Float32Array, size: number, random: Random): void {
  const side = Math.round(size * uniform(random, 1 / 8, 3 / 8));
  const left = random.integer(size - side);
  const top = random.integer(size - side);
  for (let row = top; row < top + side; row++) {
    target.fill(127.5, (row * size + left) * 3, (row * size + left + side) * 3);
  }
}

function uniform(random: Random, from: number, to: number): number {
  return from + (to - from) * random.next();
}
