import type { ImageQuality } from '@naevus/shared/image/image-quality';

/** All that is measured of an image. */
export interface MeasuredImage {
  readonly imageId: string;
  /** Images of one lesion share it; null where it is not known. */
  readonly lesionId: string | null;
  /** Name of its source; `''` where there are no definitions. */
  readonly source: string;
  /** Of the exported model, one a label. */
  readonly logits: Float32Array;
  readonly quality: ImageQuality;
  /** From the training images' feature subspace. */
  readonly distance: number;
  /** How likely it was taken through a dermatoscope; undefined where that is not told. */
  readonly dermoscopic?: number | undefined;
}

/** An image of a class that was not trained on. */
export interface AssessedImage extends MeasuredImage {
  readonly label: string;
  /** The same as `dermoscopic`, by a fit that no image of its source had a part in; undefined where there is none. */
  readonly dermoscopicUnseen?: number | undefined;
}
