import { INPUT_SIZE } from '../image/preprocessing-spec.ts';
import { type Classify, mapSide, type NetworkOutput } from './network-output.ts';
import { accumulateInverse, applySymmetry, type Symmetry } from './symmetry.ts';

/** How many views of an image may be averaged. */
export const TTA_CHOICES = [1, 2, 4, 8] as const;

export type TtaViews = (typeof TTA_CHOICES)[number];

/** All of a picture, where the network is shown its middle alone. */
export interface WholePicture {
  /** 224 * 224 * 3 bytes. */
  readonly rgb: Uint8Array;
  /** Share of both sides that the network is shown. */
  readonly crop: number;
}

/** A view: through which symmetry, and of how much of the picture. */
interface View {
  readonly symmetry: Symmetry;
  readonly isWhole: boolean;
}

/**
 * The middle and the whole in turns, half a turn and quarter turns: the first views gain most (measured with 0.6.0,
 * training/src/evaluate/views/README.md). A lesion has no up and no left, and training shows it at every size.
 */
const MIDDLE_AND_WHOLE: readonly View[] = [0, 3, 3, 0, 5, 6, 6, 5].map((symmetry, i) => ({
  symmetry,
  isWhole: i % 2 === 1,
}));

/** Of what is shown whole, or came as the network's input: half a turn, both flips, and what swaps rows and columns. */
const SYMMETRIES: readonly View[] = [0, 3, 1, 2, 4, 5, 6, 7].map((symmetry) => ({
  symmetry,
  isWhole: false,
}));

/**
 * Test-time augmentation: the network's outputs, averaged over views of the image.
 *
 * Logits are averaged, which is the geometric mean of the probabilities; the maps are put back into the
 * image's frame first. The features are those of the image itself: how far they may lie from the
 * training images was fitted on single views, and averages lie nearer (version 0.3.0, 201 lesions: 0.158
 * over eight views, 0.198 over one), so that the threshold would let more pass.
 *
 * @param rgb 224 * 224 * 3 bytes
 * @param whole all of the picture, where `rgb` shows its middle; without it, views are symmetries of `rgb` alone
 */
export async function averageOverViews(
  classify: Classify,
  rgb: Uint8Array,
  views: TtaViews,
  whole?: WholePicture,
): Promise<NetworkOutput> {
  // Asked for together: a runtime may compute several in one run.
  const [first, ...others] = await Promise.all(viewedImages(rgb, views, whole).map(classify));
  const itself = first!;
  if (views === 1) return itself;
  const side = mapSide(itself.cam, itself.logits.length);
  const logits = [itself.logits];
  const cam = Float64Array.from(itself.cam);
  for (const [i, { symmetry, isWhole }] of furtherViews(views, whole).entries()) {
    const seen = others[i]!;
    logits.push(seen.logits);
    const maps = isWhole ? middleOfMaps(seen.cam, side, whole!.crop) : seen.cam;
    accumulateInverse(symmetry, maps, side, cam);
  }
  return {
    ...itself,
    logits: meanLogits(logits),
    cam: Float32Array.from(cam, (sum) => sum / views),
  };
}

/** The views but the first, which is the image itself. */
function furtherViews(views: TtaViews, whole: WholePicture | undefined): readonly View[] {
  return (whole ? MIDDLE_AND_WHOLE : SYMMETRIES).slice(1, views);
}

/**
 * The views, in their order: the first ones are those of fewer views.
 *
 * @returns 224 * 224 * 3 bytes each
 */
export function viewedImages(rgb: Uint8Array, views: TtaViews, whole?: WholePicture): Uint8Array[] {
  const further = furtherViews(views, whole).map(({ symmetry, isWhole }) =>
    applySymmetry(symmetry, isWhole ? whole!.rgb : rgb, INPUT_SIZE),
  );
  return [rgb, ...further];
}

/**
 * What square maps of a picture show of its middle, interpolated bilinearly.
 *
 * @param maps of `side`, one after another
 * @param crop share of both sides, above 0 to 1
 * @returns as many maps of the same side
 */
export function middleOfMaps(maps: Float32Array, side: number, crop: number): Float32Array {
  // Where the middle of each cell lies, in cells of the whole: never beyond the middles of the outermost.
  const places = Array.from({ length: side }, (_, i) => {
    const at = Math.min(side - 1, Math.max(0, (i + 0.5 - side / 2) * crop + side / 2 - 0.5));
    const low = Math.min(Math.floor(at), Math.max(0, side - 2));
    return { low, high: Math.min(low + 1, side - 1), share: at - low };
  });
  const middle = new Float32Array(maps.length);
  for (let first = 0; first < maps.length; first += side * side) {
    for (const [y, row] of places.entries()) {
      for (const [x, column] of places.entries()) {
        const along = (line: number) =>
          maps[first + line * side + column.low]! * (1 - column.share) +
          maps[first + line * side + column.high]! * column.share;
        middle[first + y * side + x] =
          along(row.low) * (1 - row.share) + along(row.high) * row.share;
      }
    }
  }
  return middle;
}

/** The logits of one image, or of several in a row, out of those of the views. */
export function meanLogits(views: readonly Float32Array[]): Float32Array {
  return Float32Array.from(
    views[0]!,
    (_, k) => views.reduce((sum, logits) => sum + logits[k]!, 0) / views.length,
  );
}
