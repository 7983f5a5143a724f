import { createRandom } from '@naevus/shared/statistics/random';
import { sampledShares } from '../../run/class-prior.ts';
import type { FineTuningConfig } from '../../run/config/training-config.ts';
import { positionsByClass, randomOversample } from './random-oversampling.ts';

/** Positions in the training labels, in the order of one epoch, by the epoch's seed. */
export type EpochOrder = (epochSeed: number) => number[];

/**
 * The order of each epoch. With a share of each class: as many images as there are, shuffled; a class that is
 * shown more often than it has images repeats all of them before any comes once more. With oversampling: the
 * copies are drawn once, and shuffled anew each epoch.
 * Depends on its arguments alone, so that a resumed run meets the same images.
 *
 * @param labels class index of each training image.
 * @param seed decides what oversampling copies.
 */
export function createEpochOrder(
  labels: readonly number[],
  classes: number,
  sampler: FineTuningConfig['sampler'],
  seed: number,
): EpochOrder {
  if (sampler === 'oversampling') {
    const positions = randomOversample(labels, classes, createRandom(seed));
    return (epochSeed) => createRandom(epochSeed).shuffle([...positions]);
  }
  const members = positionsByClass(labels, classes);
  const shares = sampledShares(
    members.map(({ length }) => length),
    sampler,
  );
  return (epochSeed) => {
    const random = createRandom(epochSeed);
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
  };
}
