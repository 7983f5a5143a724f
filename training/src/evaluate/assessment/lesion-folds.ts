import { createRandom } from '@naevus/shared/statistics/random';
import { labels } from '../../taxonomy/current.ts';

/**
 * Deals images into folds, those of one lesion into the same one, each class evenly.
 *
 * @returns one fold number an image, 0 .. folds - 1
 * @throws RangeError when there are fewer lesions than folds
 */
export function lesionFolds(
  images: readonly { readonly label: string; readonly lesionId: string | null }[],
  folds: number,
  seed: number,
): Int32Array {
  const lesions = new Map<string, number[]>();
  for (const [i, { lesionId }] of images.entries()) {
    // No lesion id has a space in front.
    const key = lesionId ?? ` ${i}`;
    const members = lesions.get(key);
    if (members) members.push(i);
    else lesions.set(key, [i]);
  }
  if (lesions.size < folds) {
    throw new RangeError(`${lesions.size} lesions cannot be dealt into ${folds} folds`);
  }
  const result = new Int32Array(images.length);
  const shuffled = createRandom(seed).shuffle([...lesions.values()]);
  let next = 0;
  for (const label of labels()) {
    for (const members of shuffled) {
      if (images[members[0]!]!.label !== label) continue;
      for (const i of members) result[i] = next;
      next = (next + 1) % folds;
    }
  }
  return result;
}
