import { INPUT_SIZE } from '../preprocessing/preprocessing-spec.ts';
import { addPutBack, seenThrough } from './dihedral.ts';
import { type Classify, mapSide, type NetworkOutput } from './network-output.ts';

/**
 * How many views a picture may be looked at in: itself; with both flips and half a turn; in all eight
 * symmetries of the square. A lesion has no up and no left, and training shows it in all of them.
 */
export const TTA_CHOICES = [1, 4, 8] as const;

export type TtaViews = (typeof TTA_CHOICES)[number];

/**
 * Test-time augmentation: the network's outputs, averaged over symmetric views of the picture.
 *
 * Logits are averaged, which is the geometric mean of the probabilities; the maps are put back into the
 * picture's frame first. The features are those of the picture itself: how far they may lie from the
 * training images was fitted on single views.
 *
 * @param rgb 224 * 224 * 3 bytes
 */
export async function averagedOverViews(
  classify: Classify,
  rgb: Uint8Array,
  views: TtaViews,
): Promise<NetworkOutput> {
  const itself = await classify(rgb);
  if (views === 1) return itself;
  const side = mapSide(itself.cam);
  const logits = Float64Array.from(itself.logits);
  const cam = Float64Array.from(itself.cam);
  for (let symmetry = 1; symmetry < views; symmetry++) {
    const seen = await classify(seenThrough(symmetry, rgb, INPUT_SIZE));
    for (let k = 0; k < logits.length; k++) logits[k]! += seen.logits[k]!;
    addPutBack(symmetry, seen.cam, side, cam);
  }
  const mean = (sums: Float64Array) => Float32Array.from(sums, (sum) => sum / views);
  return { ...itself, logits: mean(logits), cam: mean(cam) };
}
