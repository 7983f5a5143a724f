import type { Resampler } from '@naevus/shared/image/resampler';
import { decodeRgb } from './decoded-images.ts';

/**
 * What turns an image file into the network's input, as a version with this crop is served: 224 * 224 * 3 RGB bytes.
 *
 * @param crop `preprocessing.crop` of the version
 */
export function imagePreparation(
  resampler: Resampler,
  crop: number,
): (path: string) => Promise<Uint8Array> {
  return async (path) => resampler.resizeToInput(await decodeRgb(path), crop);
}
