import type { ImageQuality } from '@naevus/shared/image/image-quality';
import { checkQuality } from '@naevus/shared/image/image-quality';
import type { CrossFitted } from './cross-fit.ts';
import type { FittedAssessment } from './fit-assessment.ts';
import { type Measured, measuredShare } from './lesion-interval.ts';

/** The share of images for which something holds, with its interval over lesions. */
export function heldOutShare(
  held: readonly CrossFitted[],
  holds: (one: CrossFitted) => boolean,
  seed: number,
): Measured {
  const trials = held.map((one) => ({ hit: holds(one), lesionId: one.image.lesionId }));
  return measuredShare(trials, seed);
}

/** Whether an image is farther from the training images than the threshold. */
export function isBeyond({ image, fitted }: CrossFitted): boolean {
  return image.distance > fitted.distanceThreshold;
}

/** Whether an image fails a limit of quality. */
export function failsQuality({ image, fitted }: CrossFitted): boolean {
  return fails(image.quality, fitted);
}

export function fails(quality: ImageQuality, { qualityLimits }: FittedAssessment): boolean {
  return checkQuality(quality, qualityLimits).some(({ passed }) => !passed);
}

/** The share that holds, without an interval. */
export function shareOf(holds: readonly boolean[]): number {
  return average(holds.map(Number));
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
