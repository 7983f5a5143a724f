import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import sharp from '../../data/decode/single-threaded-sharp.ts';

/** Steps in which the pixels are taken away or put in, an equal share of them in each. */
export const STEPS = 16;

/**
 * Of what insertion starts from, in pixels. The paper's 5 leaves a lesion that the network still knows; so
 * much leaves the colours of skin and lesion alone.
 */
const BLUR_SIGMA = 20;

/** The score of a class while pixels are taken away, and while they are put in; `STEPS + 1` values each. */
export interface Curves {
  readonly deletion: readonly number[];
  readonly insertion: readonly number[];
}

/**
 * Deletion and insertion (Petsiuk, Das, Saenko 2018, "RISE", section 4.2): how fast the score of a class falls
 * when the hottest pixels are replaced first, here by the picture's mean colour, and how fast it rises when
 * they are put first into the blurred picture.
 *
 * @param rgb 224 * 224 * 3 bytes
 * @param orders of the pixels, as `pixelOrder` gives them
 * @param score of a picture, 0 to 1
 * @returns the curves of each order
 */
export async function deletionInsertion(
  rgb: Uint8Array,
  orders: readonly Uint32Array[],
  score: (rgb: Uint8Array) => Promise<number>,
): Promise<Curves[]> {
  const grey = meanColour(rgb);
  const blurred = await blur(rgb);
  const ends = { whole: await score(rgb), grey: await score(grey), blurred: await score(blurred) };
  const curves: Curves[] = [];
  for (const order of orders) {
    curves.push({
      deletion: [ends.whole, ...(await between(rgb, grey, order, score)), ends.grey],
      insertion: [ends.blurred, ...(await between(blurred, rgb, order, score)), ends.whole],
    });
  }
  return curves;
}

/** The area under a curve over the share of pixels, 0 to 1, by the trapezoidal rule. */
export function areaUnder(curve: readonly number[]): number {
  const inner = curve.slice(1, -1).reduce((sum, value) => sum + value, 0);
  return (inner + (curve[0]! + curve.at(-1)!) / 2) / (curve.length - 1);
}

/** The scores on the way from one picture to another, pixel by pixel in an order; without both ends. */
async function between(
  from: Uint8Array,
  to: Uint8Array,
  order: Uint32Array,
  score: (rgb: Uint8Array) => Promise<number>,
): Promise<number[]> {
  const picture = from.slice();
  const values: number[] = [];
  let next = 0;
  for (let step = 1; step < STEPS; step++) {
    for (const end = Math.round((order.length * step) / STEPS); next < end; next++) {
      const place = order[next]! * INPUT_CHANNELS;
      picture.set(to.subarray(place, place + INPUT_CHANNELS), place);
    }
    values.push(await score(picture));
  }
  return values;
}

function meanColour(rgb: Uint8Array): Uint8Array {
  const sums = [0, 0, 0];
  for (let i = 0; i < rgb.length; i++) sums[i % INPUT_CHANNELS]! += rgb[i]!;
  const mean = sums.map((sum) => Math.round((sum * INPUT_CHANNELS) / rgb.length));
  return Uint8Array.from(rgb, (_, i) => mean[i % INPUT_CHANNELS]!);
}

async function blur(rgb: Uint8Array): Promise<Uint8Array> {
  const raw = { width: INPUT_SIZE, height: INPUT_SIZE, channels: INPUT_CHANNELS } as const;
  return new Uint8Array(await sharp(rgb, { raw }).blur(BLUR_SIGMA).raw().toBuffer());
}
