import { classCount } from '../taxonomy/current.ts';
import type { ValidationImages } from './comparison.ts';
import type { TechniqueRun } from './technique-run.ts';

/** Some of the validation images, with what the techniques make of them. */
export interface ComparisonPart extends ValidationImages {
  /** `all`, or where there are several sources also `home` (the first one) and `abroad` (the others together). */
  readonly name: 'all' | 'home' | 'abroad';
  readonly runs: readonly TechniqueRun[];
}

/**
 * What techniques are compared on: all images, and by source where there are several.
 *
 * @param strata source · classes + class of each image
 * @param lesions of each image
 */
export function comparisonParts(
  runs: readonly TechniqueRun[],
  strata: readonly number[],
  lesions: readonly (string | null)[],
): ComparisonPart[] {
  const isHome = strata.map((stratum) => stratum < classCount());
  const part = (name: ComparisonPart['name'], has: (i: number) => boolean): ComparisonPart => {
    const own = <T>(values: readonly T[]) => values.filter((_, i) => has(i));
    return {
      name,
      labels: own(strata).map((stratum) => stratum % classCount()),
      lesions: own(lesions),
      runs: runs.map((run) => ({
        ...run,
        seeds: run.seeds.map(({ seed, logits }) => ({ seed, logits: own(logits) })),
      })),
    };
  };
  const all = part('all', () => true);
  if (isHome.every(Boolean)) return [all];
  return [all, part('home', (i) => isHome[i]!), part('abroad', (i) => !isHome[i]!)];
}
