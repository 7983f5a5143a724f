import { createRandom } from '@naevus/shared/statistics/random';
import { byImageId } from '../../data/load/dataset.ts';
import { labels } from '../../taxonomy/current.ts';

interface LabelledImage {
  readonly imageId: string;
  readonly label: string;
  readonly lesionId: string | null;
}

/**
 * Draws images to check explanations on: one a lesion, each class in turn, so that rare ones are seen as well.
 * The same images and seed give the same choice, whatever their order.
 */
export function chooseExplained<I extends LabelledImage>(
  images: readonly I[],
  count: number,
  seed: number,
): I[] {
  const seen = new Set<string>();
  const shuffled = createRandom(seed)
    .shuffle([...images].sort(byImageId))
    .filter(({ lesionId }) => {
      if (lesionId === null) return true;
      const first = !seen.has(lesionId);
      seen.add(lesionId);
      return first;
    });
  const ofClass = labels().map((label) => shuffled.filter((image) => image.label === label));
  const rounds = Math.max(...ofClass.map(({ length }) => length));
  const chosen: I[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const members of ofClass) if (members[round]) chosen.push(members[round]!);
  }
  return chosen.slice(0, count);
}
