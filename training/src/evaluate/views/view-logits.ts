import {
  meanLogits,
  TTA_CHOICES,
  type TtaViews,
  viewedImages,
  type WholePicture,
} from '@naevus/shared/network/test-time-augmentation';

/** One picture's logits, for each number of views that they can be averaged over. */
export type ViewLogits = Readonly<Record<TtaViews, Float32Array>>;

/** A picture, prepared for all its views. */
export interface ViewedPicture {
  /** The network's input: 224 * 224 * 3 RGB bytes. */
  readonly rgb: Uint8Array;
  /** Where that is the middle of the picture. */
  readonly whole?: WholePicture | undefined;
}

/**
 * Looks at a picture in every view once, and averages as serving would over each number of them.
 *
 * @param logits of one picture, 224 * 224 * 3 RGB bytes
 */
export async function viewLogits(
  logits: (rgb: Uint8Array) => Promise<Float32Array>,
  { rgb, whole }: ViewedPicture,
): Promise<ViewLogits> {
  const views: Float32Array[] = [];
  for (const image of viewedImages(rgb, MOST_VIEWS, whole)) views.push(await logits(image));
  return Object.fromEntries(
    TTA_CHOICES.map((count) => [count, meanLogits(views.slice(0, count))]),
  ) as unknown as ViewLogits;
}

const MOST_VIEWS = TTA_CHOICES[TTA_CHOICES.length - 1]!;
