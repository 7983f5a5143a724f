import type { Resampler } from '@naevus/shared/image/resampler';
import { decodeRgb } from './decoded-images.ts';

/** An image file's path to the network's input: 224 * 224 * 3 RGB bytes. */
export type PrepareImage = (path: string) => Promise<Uint8Array>;

/**
 * What turns an image file into the network's input, as a version with this crop is served.
 *
 * @param crop `preprocessing.crop` of the version
 */
export function imagePreparation(resampler: Resampler, crop: number): PrepareImage {
  return async (path) => resampler.resizeToInput(await decodeRgb(path), crop);
}
