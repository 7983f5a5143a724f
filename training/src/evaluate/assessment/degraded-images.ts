import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import sharp from '../../data/decode/single-threaded-sharp.ts';
import { RECOLOURINGS, type Recolouring, recolour } from './recolourings.ts';

const SPOILT = ['blurred', 'dark', 'bright'] as const;

export type Degradation = (typeof SPOILT)[number] | Recolouring;

/** Ways to spoil a picture that a check of quality should notice. */
export const DEGRADATIONS: readonly Degradation[] = [...SPOILT, ...RECOLOURINGS];

/** Of the Gaussian that blurs, in pixels of the network's input. */
const BLUR_SIGMA = 2;
/** What is left of a dark picture's light, and of a bright picture's shade. */
const LEFT = 0.2;

/** Spoils the network's input: 224 * 224 * 3 RGB bytes. */
export async function degrade(rgb: Uint8Array, degradation: Degradation): Promise<Uint8Array> {
  if (isRecolouring(degradation)) return recolour(rgb, degradation);
  const raw = { width: INPUT_SIZE, height: INPUT_SIZE, channels: 3 as const };
  const picture = sharp(rgb, { raw });
  const spoilt = {
    blurred: () => picture.blur(BLUR_SIGMA),
    dark: () => picture.linear(LEFT, 0),
    bright: () => picture.linear(LEFT, 255 * (1 - LEFT)),
  }[degradation]();
  return new Uint8Array(await spoilt.raw().toBuffer());
}

function isRecolouring(degradation: Degradation): degradation is Recolouring {
  return RECOLOURINGS.includes(degradation as Recolouring);
}
