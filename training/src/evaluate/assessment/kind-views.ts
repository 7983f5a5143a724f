import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Resampler } from '@naevus/shared/image/resampler';
import { applySymmetry } from '@naevus/shared/network/symmetry';

/** A turn or a flip, and the share of each side that is shown, of each further view. */
const VIEWS = [
  { symmetry: 5, crop: 1 },
  { symmetry: 2, crop: 0.8 },
  { symmetry: 4, crop: 0.65 },
] as const;

/**
 * The network's input turned, flipped and taken from nearer: further examples of how an image was taken, where there
 * are few images of a kind.
 *
 * @param rgb 224 * 224 * 3 bytes
 * @returns as many bytes for each view
 */
export function kindViews(rgb: Uint8Array, resampler: Resampler): Uint8Array[] {
  return VIEWS.map(({ symmetry, crop }) => {
    const image = { data: rgb, width: INPUT_SIZE, height: INPUT_SIZE };
    const nearer = crop === 1 ? rgb : resampler.resize(image, INPUT_SIZE, INPUT_SIZE, crop);
    return applySymmetry(symmetry, nearer, INPUT_SIZE);
  });
}
