import type { Random } from '@naevus/shared/statistics/random';

/**
 * Random oversampling: every image, and copies of the rarer classes' drawn with replacement until each class
 * that has images has as many as the commonest one (imbalanced-learn's RandomOverSampler, 'not majority').
 *
 * @param labels class index of each training image.
 * @returns positions in `labels`: all of them in order, then the copies, class by class.
 */
export function randomOversample(
  labels: readonly number[],
  classes: number,
  random: Pick<Random, 'integer'>,
): number[] {
  const members = positionsByClass(labels, classes);
  const most = Math.max(...members.map(({ length }) => length));
  const positions = [...labels.keys()];
  for (const own of members) {
    if (own.length === 0) continue;
    for (let missing = most - own.length; missing > 0; missing--) {
      positions.push(own[random.integer(own.length)]!);
    }
  }
  return positions;
}

/** Positions of each class's images, in order. */
export function positionsByClass(labels: readonly number[], classes: number): number[][] {
  const members: number[][] = Array.from({ length: classes }, () => []);
  for (const [position, label] of labels.entries()) members[label]?.push(position);
  return members;
}
