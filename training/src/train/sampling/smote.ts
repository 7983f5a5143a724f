import type { Random } from '@naevus/shared/statistics/random';
import { classCount, labels } from '../../taxonomy/current.ts';
import type { Features } from './pooled-features.ts';
import { positionsByClass } from './random-oversampling.ts';

/**
 * Synthetic minority over-sampling (Chawla et al. 2002): points on the segments between a rare class's
 * feature vectors and their nearest neighbours of the same class, until each class that has images has as
 * many as the commonest one. It only ever sees the features it is given: those of training images. Classes of
 * different sources are different classes here.
 *
 * @param neighbours k of the nearest neighbours (Euclidean) that a point is drawn towards.
 * @returns the features as they are, then the synthetic ones, class by class.
 * @throws Error that names a rare class with too few images to have so many neighbours.
 */
export function smote(
  features: Features,
  classes: number,
  neighbours: number,
  random: Pick<Random, 'integer' | 'next'>,
): Features {
  const members = positionsByClass(features.strata, classes * features.sources);
  const most = Math.max(...members.map(({ length }) => length));
  const rows = [...features.rows];
  const shown = [...features.strata];
  for (const [k, positions] of members.entries()) {
    const missing = most - positions.length;
    if (positions.length === 0 || missing === 0) continue;
    if (positions.length <= neighbours) {
      throw new Error(
        `class ${labels()[k % classCount()]} has ${positions.length} training images: SMOTE with ${neighbours} neighbours ` +
          `needs ${neighbours + 1}. Lower smoteNeighbours, or take another sampler`,
      );
    }
    const own = positions.map((position) => features.rows[position]!);
    const nearest = nearestNeighbours(own, neighbours);
    for (let made = 0; made < missing; made++) {
      const drawn = random.integer(own.length * neighbours);
      const point = own[Math.floor(drawn / neighbours)]!;
      const towards = own[nearest[Math.floor(drawn / neighbours)]![drawn % neighbours]!]!;
      const step = random.next();
      rows.push(point.map((value, i) => value + step * (towards[i]! - value)));
      shown.push(k);
    }
  }
  return { rows, strata: shown, sources: features.sources };
}

/** Positions of each row's `count` nearest other rows, nearest first. */
function nearestNeighbours(rows: readonly Float32Array[], count: number): number[][] {
  const distances = rows.map(() => new Float64Array(rows.length));
  for (const [i, a] of rows.entries()) {
    for (let j = 0; j < i; j++) {
      const b = rows[j]!;
      let sum = 0;
      for (let at = 0; at < a.length; at++) sum += (a[at]! - b[at]!) ** 2;
      distances[i]![j] = sum;
      distances[j]![i] = sum;
    }
  }
  return rows.map((_, i) => {
    const own = distances[i]!;
    const others = [...rows.keys()].filter((j) => j !== i);
    return others.sort((a, b) => own[a]! - own[b]!).slice(0, count);
  });
}
