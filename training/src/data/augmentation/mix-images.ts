import type { Random } from '@naevus/shared/statistics/random';
import { z } from 'zod';

const share = z.number().min(0).max(1);

/** How training images are mixed with one another; by default they are not. */
export const mixingSchema = z.strictObject({
  /** α of mixup's Beta(α, α) (Zhang et al. 2018); 0 leaves it out. */
  mixup: z.number().min(0).max(10).default(0),
  /** α of CutMix's Beta(α, α) (Yun et al. 2019); 0 leaves it out. With both, each batch gets one of them. */
  cutMix: z.number().min(0).max(10).default(0),
  /** Share of the batches that are mixed. */
  probability: share.default(1),
  /** The last epochs of fine-tuning, in which nothing is mixed. */
  offEpochs: z.number().int().min(0).default(0),
});

export type MixingConfig = z.infer<typeof mixingSchema>;

/** How one batch is mixed: each image with the one before it, the first with the last. */
export type BatchMix =
  | { readonly kind: 'mixup'; readonly share: number }
  /** The box comes from the image before: left, top, width and height in pixels. */
  | { readonly kind: 'cutmix'; readonly share: number; readonly box: Box };

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws how a batch is mixed, or null where it is not. `share` is the image's own part of its target; the
 * rest belongs to the image before it.
 *
 * @param size side of the images.
 */
export function drawBatchMix(options: MixingConfig, size: number, random: Random): BatchMix | null {
  const { mixup, cutMix, probability } = options;
  if (mixup === 0 && cutMix === 0) return null;
  if (random.next() >= probability) return null;
  const cuts = mixup === 0 || (cutMix > 0 && random.next() < 0.5);
  const lambda = beta(cuts ? cutMix : mixup, random);
  if (!cuts) return { kind: 'mixup', share: lambda };
  const box = cutMixBox(lambda, size, random.next() * size, random.next() * size);
  return { kind: 'cutmix', share: 1 - (box.width * box.height) / (size * size), box };
}

/** A box of 1 − λ of the area about a centre, cut off at the picture's borders (Yun et al. 2019, eq. 2). */
export function cutMixBox(lambda: number, size: number, x: number, y: number): Box {
  const half = (Math.sqrt(1 - lambda) * size) / 2;
  const clamp = (position: number) => Math.round(Math.min(size, Math.max(0, position)));
  const [left, right, top, bottom] = [
    clamp(x - half),
    clamp(x + half),
    clamp(y - half),
    clamp(y + half),
  ];
  return { left, top, width: right - left, height: bottom - top };
}

/** Mixes each image with the one before it, the first with the last, in place: [count, size, size, 3], row-major. */
export function mixImages(values: Float32Array, count: number, size: number, mix: BatchMix): void {
  const length = size * size * 3;
  const last = values.slice((count - 1) * length, count * length);
  for (let i = count - 1; i >= 0; i--) {
    const image = values.subarray(i * length, (i + 1) * length);
    const before = i > 0 ? values.subarray((i - 1) * length, i * length) : last;
    if (mix.kind === 'mixup') mixup(image, before, mix.share);
    else cutMix(image, before, size, mix.box);
  }
}

function mixup(image: Float32Array, other: Float32Array, share: number): void {
  const rest = 1 - share;
  for (let at = 0; at < image.length; at++) image[at] = share * image[at]! + rest * other[at]!;
}

function cutMix(image: Float32Array, other: Float32Array, size: number, box: Box): void {
  for (let y = box.top; y < box.top + box.height; y++) {
    const start = (y * size + box.left) * 3;
    image.set(other.subarray(start, start + box.width * 3), start);
  }
}

/** The label of the image that each image is mixed with. */
export function mixedLabels<T>(labels: readonly T[]): T[] {
  return [...labels.slice(-1), ...labels.slice(0, -1)];
}

/** A draw of Beta(α, α) by Jöhnk's method (1964), which is quick for the small α in use; α above 1 by gammas. */
function beta(alpha: number, random: Random): number {
  if (alpha > 1) {
    const [a, b] = [gamma(alpha, random), gamma(alpha, random)];
    return a / (a + b);
  }
  for (;;) {
    const [a, b] = [random.next() ** (1 / alpha), random.next() ** (1 / alpha)];
    if (a + b <= 1 && a + b > 0) return a / (a + b);
  }
}

/** Marsaglia and Tsang 2000, for shapes of at least 1. */
function gamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    const accept = 0.5 * normal * normal + d - d * v + d * Math.log(v);
    if (Math.log(1 - random.next()) < accept) return d * v;
  }
}
