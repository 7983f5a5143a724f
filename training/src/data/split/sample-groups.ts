import { labels } from '../../taxonomy/current.ts';
import { countLabels } from '../load/count-labels.ts';
import { byImageId, type Sample } from '../load/dataset.ts';
import { type DuplicatePair, findDuplicates } from './duplicates.ts';
import type { Fingerprints } from './fingerprint.ts';
import { type ImagePair, SAME_SKIN } from './same-skin.ts';

/** Images that must lie on the same side of any split. */
export interface SampleGroup {
  /** Sorted by image id. */
  readonly samples: readonly Sample[];
  /** The class it is stratified by: its images' label, the rarest in the data where they differ. */
  readonly stratum: string;
  /** The source that it is stratified by: of its first image. */
  readonly source: string;
  readonly mixedLabels: boolean;
}

export interface SampleGroups {
  /** Sorted by their first image id. */
  readonly groups: readonly SampleGroup[];
  readonly duplicates: readonly DuplicatePair[];
}

/**
 * Joins images of one lesion, images of the same bytes, images of the same photograph and images that are known
 * to show the same skin, and what hangs together by several of these. Independent of the samples' order.
 *
 * @param sameSkin pairs of image ids; those of images that are not there are passed over
 * @throws RangeError where an image has no fingerprint.
 */
export function groupSamples(
  samples: readonly Sample[],
  fingerprints: Fingerprints,
  sameSkin: readonly ImagePair[] = SAME_SKIN,
): SampleGroups {
  const sorted = [...samples].sort(byImageId);
  const position = new Map(sorted.map(({ imageId }, i) => [imageId, i]));
  const own = new Map(
    sorted.map(({ imageId }) => {
      const fingerprint = fingerprints.get(imageId);
      if (fingerprint === undefined) throw new RangeError(`${imageId} has no fingerprint`);
      return [imageId, fingerprint];
    }),
  );
  const parent = Int32Array.from(sorted, (_, i) => i);
  const root = (i: number): number => {
    let r = i;
    while (parent[r] !== r) r = parent[r] = parent[parent[r]!]!;
    return r;
  };
  const join = (i: number, j: number): void => {
    const [a, b] = [root(i), root(j)];
    parent[Math.max(a, b)] = Math.min(a, b);
  };

  const firstOfLesion = new Map<string, number>();
  for (const [i, { lesionId }] of sorted.entries()) {
    if (lesionId === null) continue;
    const first = firstOfLesion.get(lesionId);
    if (first === undefined) firstOfLesion.set(lesionId, i);
    else join(first, i);
  }
  const duplicates = findDuplicates(own);
  for (const { first, second } of duplicates) join(position.get(first)!, position.get(second)!);
  for (const [first, second] of sameSkin) {
    const [i, j] = [position.get(first), position.get(second)];
    if (i !== undefined && j !== undefined) join(i, j);
  }

  const members = new Map<number, Sample[]>();
  for (const [i, sample] of sorted.entries()) {
    const group = members.get(root(i));
    if (group === undefined) members.set(root(i), [sample]);
    else group.push(sample);
  }
  const counts = countLabels(sorted);
  const rarestFirst = labels().sort((a, b) => counts[a]! - counts[b]!);
  const groups = [...members.values()].map((group): SampleGroup => {
    const present = new Set(group.map(({ label }) => label));
    const stratum = rarestFirst.find((label) => present.has(label))!;
    return { samples: group, stratum, source: group[0]!.source, mixedLabels: present.size > 1 };
  });
  return { groups, duplicates };
}
