import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { applySymmetry } from '@naevus/shared/network/symmetry';
import {
  meanLogits,
  TTA_CHOICES,
  type TtaViews,
} from '@naevus/shared/network/test-time-augmentation';

/** One picture's logits, for each number of views that they can be averaged over. */
export type ViewLogits = Readonly<Record<TtaViews, Float32Array>>;

/**
 * Looks at a picture in every view once, and averages as serving would over each number of them.
 *
 * @param logits of one picture, 224 * 224 * 3 RGB bytes
 */
export async function viewLogits(
  logits: (rgb: Uint8Array) => Promise<Float32Array>,
  rgb: Uint8Array,
): Promise<ViewLogits> {
  const views: Float32Array[] = [];
  for (let symmetry = 0; symmetry < Math.max(...TTA_CHOICES); symmetry++) {
    views.push(await logits(applySymmetry(symmetry, rgb, INPUT_SIZE)));
  }
  return Object.fromEntries(
    TTA_CHOICES.map((count) => [count, meanLogits(views.slice(0, count))]),
  ) as unknown as ViewLogits;
}
