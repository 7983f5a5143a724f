import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { createRandom } from '@naevus/shared/statistics/random';
import type { PrepareImage } from '../../data/decode/prepare-image.ts';

/** Whether a picture had a part in choosing the method, or only measures it. */
export type NonLesionUse = 'choosing' | 'held-back';

/** A picture that shows no lesion. */
export interface NonLesion {
  readonly use: NonLesionUse;
  /** `photograph`, `texture`, `text`, `decoy`, `noise`, ... */
  readonly kind: string;
  /** 224 * 224 * 3 RGB bytes. */
  readonly rgb: Uint8Array;
}

/**
 * The pictures of a folder with `choosing/` and `held-back/`, named `kind-anything.jpg`, and noise.
 *
 * @param prepare path to the network's input, as serving prepares it
 */
export async function readNonLesions(folder: string, prepare: PrepareImage): Promise<NonLesion[]> {
  const pictures: NonLesion[] = [];
  for (const use of ['choosing', 'held-back'] as const) {
    for (const name of (await readdir(join(folder, use))).sort()) {
      const kind = name.slice(0, name.indexOf('-'));
      pictures.push({ use, kind, rgb: await prepare(join(folder, use, name)) });
    }
  }
  return [...pictures, ...noise()];
}

/** Pictures of each kind of noise. */
const NOISE_PICTURES = 5;

/** Colour and grey noise a pixel to choose with; patches and waves to measure with. */
function noise(): NonLesion[] {
  const random = createRandom(1);
  const byte = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  const make = (pixel: () => (x: number, y: number, channel: number) => number): Uint8Array => {
    const at = pixel();
    return Uint8Array.from({ length: INPUT_SIZE * INPUT_SIZE * 3 }, (_, i) => {
      const place = Math.floor(i / 3);
      return byte(at(place % INPUT_SIZE, Math.floor(place / INPUT_SIZE), i % 3));
    });
  };
  const colour = () => () => 255 * random.next();
  const grey = () => {
    let value = 0;
    return (_x: number, _y: number, channel: number) => {
      if (channel === 0) value = 128 + 40 * random.normal();
      return value;
    };
  };
  const patches = () => {
    const colours = Array.from({ length: 28 * 28 * 3 }, () => 255 * random.next());
    return (x: number, y: number, channel: number) =>
      colours[3 * (28 * Math.floor(y / 8) + Math.floor(x / 8)) + channel]!;
  };
  const waves = () => {
    const terms = Array.from({ length: 24 }, () => {
      const [across, down] = [random.normal(), random.normal()];
      const length = Math.max(1, Math.hypot(across, down) * 3);
      return { across, down, phase: 6.28 * random.next(), height: 60 / length, hue: random.next() };
    });
    return (x: number, y: number, channel: number) =>
      terms.reduce(
        (sum, { across, down, phase, height, hue }) =>
          sum + height * Math.sin(0.06 * (across * x + down * y) + phase + 2 * hue * channel),
        128,
      );
  };
  const series = (use: NonLesionUse, pixel: Parameters<typeof make>[0]): NonLesion[] =>
    Array.from({ length: NOISE_PICTURES }, () => ({ use, kind: 'noise', rgb: make(pixel) }));
  return [
    ...series('choosing', colour),
    ...series('choosing', grey),
    ...series('held-back', patches),
    ...series('held-back', waves),
  ];
}
