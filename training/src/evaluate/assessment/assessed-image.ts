import type { ImageQuality } from '@naevus/shared/image/image-quality';
import type { Label } from '@naevus/shared/taxonomy';

/** An image that was not trained on, with all that is measured of it. */
export interface AssessedImage {
  readonly imageId: string;
  readonly label: Label;
  /** Images of one lesion share it; null where it is not known. */
  readonly lesionId: string | null;
  /** Of the exported model, one a label. */
  readonly logits: Float32Array;
  readonly quality: ImageQuality;
  /** From the training images' feature subspace. */
  readonly distance: number;
}
