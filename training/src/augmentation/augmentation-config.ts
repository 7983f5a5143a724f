import { z } from 'zod';

const share = z.number().min(0).max(1);

/** How a training image is varied each time it is shown; every default is 'not at all'. */
export const augmentationSchema = z.strictObject({
  /** Rotation about the centre, uniform in ± this many degrees; corners are filled by reflection. */
  rotationDegrees: z.number().min(0).max(180).default(0),
  /** Share of the picture's area that is shown, uniform between the two (random resized crop; above 1 zooms out). */
  cropArea: z.tuple([z.number().positive(), z.number().positive()]).default([1, 1]),
  /** Aspect of that crop, log-uniform in [1 / this, this]. */
  cropAspect: z.number().min(1).default(1),
  /** Shift along each axis, uniform in ± this share of the side. */
  shift: share.default(0),
  horizontalFlip: z.boolean().default(false),
  verticalFlip: z.boolean().default(false),
  /** Factors of all channels, uniform between the two. */
  brightness: z.tuple([z.number().positive(), z.number().positive()]).default([1, 1]),
  /** Contrast about the picture's mean, uniform in 1 ± this. */
  contrast: share.default(0),
  /** Saturation about each pixel's luma, uniform in 1 ± this. */
  saturation: share.default(0),
  /** Factor of each channel on its own, uniform in 1 ± this: another lamp or camera. */
  channelGain: share.default(0),
  /** Probability of a binomial blur of one to three passes. */
  blur: share.default(0),
  /** Standard deviation of Gaussian noise in grey levels, uniform from 0 to this. */
  noise: z.number().min(0).max(64).default(0),
  /** Probability of one grey square (DeVries, Taylor 2017) with a side of an eighth to three eighths of the picture. */
  cutOut: share.default(0),
});

export type Augmentation = z.infer<typeof augmentationSchema>;
