import { createRandom } from '@naevus/shared/random';
import { sampledShares } from './class-prior.ts';
import type { Sampler } from './training-config.ts';

/**
 * The order of one epoch: as many images as there are, each class in the sampler's share, shuffled. A class
 * that is shown more often than it has images repeats all of them before any comes once more.
 * Depends on its arguments alone, so that a resumed run meets the same images.
 *
 * @param labels class index of each training image.
 * @returns positions in `labels`.
 */
export function epochOrder(
  labels: readonly number[],
  classes: number,
  sampler: Sampler,
  seed: number,
): number[] {
  const random = createRandom(seed);
  const members: number[][] = Array.from({ length: classes }, () => []);
  for (const [position, label] of labels.entries()) members[label]?.push(position);
  const shares = sampledShares(
    members.map(({ length }) => length),
    sampler,
  );
  const order: number[] = [];
  for (const [k, positions] of members.entries()) {
    const wanted = Math.round((shares[k] ?? 0) * labels.length);
    let missing = wanted;
    while (missing > 0 && positions.length > 0) {
      const round = random.shuffle([...positions]).slice(0, missing);
      order.push(...round);
      missing -= round.length;
    }
  }
  return random.shuffle(order);
}
