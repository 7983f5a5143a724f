import { z } from 'zod';

const share = z.number().min(0).max(1);
const jpegQuality = z.number().int().min(1).max(100);

/** How a training image is varied each time it is shown; every default is 'not at all'. */
export const augmentationSchema = z.strictObject({
  /**
   * 'true-shape': rotation in the shape the picture had before it was squashed, then the shift.
   * 'image-data-generator': in the squashed square, the shift within the rotation, as Keras has it.
   */
  geometry: z.enum(['true-shape', 'image-data-generator']).default('true-shape'),
  /** What lies beyond the picture's border: its mirror image, or its outermost pixels. */
  fill: z.enum(['reflect', 'nearest']).default('reflect'),
  /** Rotation about the centre, uniform in ± this many degrees. */
  rotationDegrees: z.number().min(0).max(180).default(0),
  /** Share of the picture's area that is shown, uniform between the two (random resized crop; above 1 zooms out). */
  cropArea: z.tuple([z.number().positive(), z.number().positive()]).default([1, 1]),
  /** Aspect of that crop, log-uniform in [1 / this, this]. */
  cropAspect: z.number().min(1).default(1),
  /** Zoom of each axis on its own, uniform in 1 ± this (Keras' zoom_range; above 1 zooms out). */
  zoom: z.number().min(0).lt(1).default(0),
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
  /** Turn of the hue, uniform in ± this share of the colour circle. */
  hue: z.number().min(0).max(0.5).default(0),
  /** Factor of each channel on its own, uniform in 1 ± this: another lamp or camera. */
  channelGain: share.default(0),
  /** Probability of a binomial blur of one to three passes. */
  blur: share.default(0),
  /** Standard deviation of Gaussian noise in grey levels, uniform from 0 to this. */
  noise: z.number().min(0).max(64).default(0),
  /** Probability of one grey square (DeVries, Taylor 2017) with a side of an eighth to three eighths of the picture. */
  cutOut: share.default(0),
  /** Probability of a JPEG encoding and decoding, last of all. */
  jpeg: share.default(0),
  /** Its quality, uniform over the whole numbers from the first to the second. */
  jpegQuality: z.tuple([jpegQuality, jpegQuality]).default([40, 95]),
  /**
   * One shape and one colour operation more, in the manner of RandAugment (Cubuk et al. 2020): shear, stretch, zoom or
   * shift; colour constancy, a cast, gamma, fading or auto-contrast. null: none.
   */
  strong: z
    .strictObject({
      /** Probability of a shape operation. */
      shape: share.default(0.8),
      /** Probability of a colour operation. */
      colour: share.default(0.8),
      /** Greatest strength, uniform from 0. */
      magnitude: share.default(1),
      /** Epochs at the end without them. */
      offEpochs: z.number().int().min(0).default(2),
    })
    .nullable()
    .default(null),
});

export type Augmentation = z.infer<typeof augmentationSchema>;
