import { classCount } from '../taxonomy/current.ts';
import type { ValidationImages } from './comparison.ts';
import type { TechniqueRun } from './technique-run.ts';

/** Some of the validation images, with what the techniques make of them. */
export interface ComparisonPart extends ValidationImages {
  /**
   * `all`, or where there are several sources also `home` (the first one), `abroad` (the others together) and, where
   * these are several, the name of each.
   */
  readonly name: string;
  readonly runs: readonly TechniqueRun[];
}

/**
 * What techniques are compared on: all images, and by source where there are several.
 *
 * @param strata source · classes + class of each image
 * @param lesions of each image
 * @param sources their names, the home source first
 */
export function comparisonParts(
  runs: readonly TechniqueRun[],
  strata: readonly number[],
  lesions: readonly (string | null)[],
  sources: readonly string[],
): ComparisonPart[] {
  const sourceOf = strata.map((stratum) => Math.floor(stratum / classCount()));
  const part = (name: string, has: (i: number) => boolean): ComparisonPart => {
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
  const abroad = [...new Set(sourceOf)].filter((source) => source > 0).toSorted((a, b) => a - b);
  if (abroad.length === 0) return [all];
  return [
    all,
    part('home', (i) => sourceOf[i] === 0),
    part('abroad', (i) => sourceOf[i]! > 0),
    ...(abroad.length > 1 ? abroad : []).map((source) =>
      part(sources[source]!, (i) => sourceOf[i] === source),
    ),
  ];
}
