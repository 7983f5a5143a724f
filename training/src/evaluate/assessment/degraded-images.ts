import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import sharp from '../../data/decode/single-threaded-sharp.ts';

/** Ways to spoil a picture that a check of quality should notice. */
export const DEGRADATIONS = ['blurred', 'dark', 'bright'] as const;

export type Degradation = (typeof DEGRADATIONS)[number];

/** Of the Gaussian that blurs, in pixels of the network's input. */
const BLUR_SIGMA = 2;
/** What is left of a dark picture's light, and of a bright picture's shade. */
const LEFT = 0.2;

/** Spoils the network's input: 224 * 224 * 3 RGB bytes. */
export async function degrade(rgb: Uint8Array, degradation: Degradation): Promise<Uint8Array> {
  const raw = { width: INPUT_SIZE, height: INPUT_SIZE, channels: 3 as const };
  const picture = sharp(rgb, { raw });
  const spoilt = {
    blurred: () => picture.blur(BLUR_SIGMA),
    dark: () => picture.linear(LEFT, 0),
    bright: () => picture.linear(LEFT, 255 * (1 - LEFT)),
  }[degradation]();
  return new Uint8Array(await spoilt.raw().toBuffer());
}
