import { INPUT_SIZE } from '../image/preprocessing-spec.ts';
import { type Classify, mapSide, type NetworkOutput } from './network-output.ts';
import { accumulateInverse, applySymmetry } from './symmetry.ts';

/**
 * How many views an image may be looked at in: itself; with both flips and half a turn; in all eight
 * symmetries of the square. A lesion has no up and no left, and training shows it in all of them.
 */
export const TTA_CHOICES = [1, 4, 8] as const;

export type TtaViews = (typeof TTA_CHOICES)[number];

/**
 * Test-time augmentation: the network's outputs, averaged over symmetric views of the image.
 *
 * Logits are averaged, which is the geometric mean of the probabilities; the maps are put back into the
 * image's frame first. The features are those of the image itself: how far they may lie from the
 * training images was fitted on single views, and averages lie nearer (version 0.3.0, 201 lesions: 0.158
 * over eight views, 0.198 over one), so that the threshold would let more pass.
 *
 * @param rgb 224 * 224 * 3 bytes
 */
export async function averageOverViews(
  classify: Classify,
  rgb: Uint8Array,
  views: TtaViews,
): Promise<NetworkOutput> {
  const itself = await classify(rgb);
  if (views === 1) return itself;
  const side = mapSide(itself.cam);
  const logits = [itself.logits];
  const cam = Float64Array.from(itself.cam);
  for (let symmetry = 1; symmetry < views; symmetry++) {
    const seen = await classify(applySymmetry(symmetry, rgb, INPUT_SIZE));
    logits.push(seen.logits);
    accumulateInverse(symmetry, seen.cam, side, cam);
  }
  return {
    ...itself,
    logits: meanLogits(logits),
    cam: Float32Array.from(cam, (sum) => sum / views),
  };
}

/** The logits of one image, or of several in a row, out of those of the views. */
export function meanLogits(views: readonly Float32Array[]): Float32Array {
  return Float32Array.from(
    views[0]!,
    (_, k) => views.reduce((sum, logits) => sum + logits[k]!, 0) / views.length,
  );
}
