import { createRandom } from '@naevus/shared/statistics/random';
import { byImageId } from '../../data/load/dataset.ts';

/** What tells lesions apart. */
export interface LesionImage {
  readonly imageId: string;
  readonly label: string;
  /** null: a lesion of its own. */
  readonly lesionId: string | null;
}

/** The first image of each lesion by its id, sorted by image id. */
export function oneImagePerLesion<I extends LesionImage>(images: readonly I[]): I[] {
  const seen = new Set<string>();
  return [...images].sort(byImageId).filter(({ lesionId }) => {
    if (lesionId === null) return true;
    if (seen.has(lesionId)) return false;
    seen.add(lesionId);
    return true;
  });
}

/**
 * At most so many cases: classes with few keep all of theirs, the others an equal number each, drawn at random.
 *
 * @returns in the order given
 */
export function limitCases<I extends LesionImage>(
  cases: readonly I[],
  most: number,
  seed: number,
): I[] {
  if (cases.length <= most) return [...cases];
  const byLabel = new Map<string, I[]>();
  for (const one of cases) byLabel.set(one.label, [...(byLabel.get(one.label) ?? []), one]);
  const random = createRandom(seed);
  const kept = new Set<I>();
  let [room, classes] = [most, byLabel.size];
  for (const members of [...byLabel.values()].sort((a, b) => a.length - b.length)) {
    const share = Math.min(members.length, Math.floor(room / classes));
    for (const one of random.shuffle(members).slice(0, share)) kept.add(one);
    room -= share;
    classes--;
  }
  return cases.filter((one) => kept.has(one));
}
