import { type ImagePair, SAME_SKIN } from '../../data/split/same-skin.ts';

/**
 * The images whose lesions are in one source only: figures of a source abroad are measured on these, since another
 * photograph of a lesion at home says nothing of the other clinic's lesions.
 *
 * @param images of all sources, trained on or not
 * @returns image ids
 */
export function ownLesions(
  images: readonly {
    readonly imageId: string;
    readonly lesionId: string | null;
    readonly source: string;
  }[],
  sameSkin: readonly ImagePair[] = SAME_SKIN,
): ReadonlySet<string> {
  const sourcesOf = new Map<string, Set<string>>();
  for (const { lesionId, source } of images) {
    if (lesionId === null) continue;
    sourcesOf.set(lesionId, (sourcesOf.get(lesionId) ?? new Set<string>()).add(source));
  }
  const imageOf = new Map(images.map((image) => [image.imageId, image]));
  const shared = new Set<string>();
  const keyOf = ({ imageId, lesionId }: { imageId: string; lesionId: string | null }) =>
    lesionId ?? ` ${imageId}`;
  for (const [first, second] of sameSkin) {
    const [a, b] = [imageOf.get(first), imageOf.get(second)];
    if (!a || !b || a.source === b.source) continue;
    shared.add(keyOf(a));
    shared.add(keyOf(b));
  }
  return new Set(
    images.flatMap((image) => {
      const { imageId, lesionId } = image;
      const several = lesionId !== null && sourcesOf.get(lesionId)!.size > 1;
      return several || shared.has(keyOf(image)) ? [] : [imageId];
    }),
  );
}
