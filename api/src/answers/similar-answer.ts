import type { FoundCase, FoundCases } from '../analysis/find-cases.ts';
import type { SimilarCaseAnswer } from '../schemas/similar.ts';

export interface SimilarAnswer {
  readonly similar: SimilarCaseAnswer[];
  readonly similar_by_class: Record<string, SimilarCaseAnswer>;
}

/**
 * What an answer says of the cases that were found.
 *
 * @param version that found them
 * @param candidates the classes to show a case of
 */
export function similarAnswer(
  { nearest, nearestByLabel }: FoundCases,
  version: string,
  candidates: readonly string[],
): SimilarAnswer {
  const byClass: SimilarAnswer['similar_by_class'] = {};
  for (const label of candidates) {
    const found = nearestByLabel[label];
    if (found) byClass[label] = caseAnswer(found, version);
  }
  return { similar: nearest.map((found) => caseAnswer(found, version)), similar_by_class: byClass };
}

/**
 * The cases that are most like any of several images of one lesion: each case counts by the image that it is most
 * like.
 *
 * @param count how many are wanted; each search has found at least as many
 * @param labels of all classes, in the order of the outputs
 */
export function mergeFoundCases(
  searches: readonly FoundCases[],
  count: number,
  labels: readonly string[],
): FoundCases {
  const best = (cases: readonly FoundCase[]): FoundCase[] => {
    const byImage = new Map<string, FoundCase>();
    for (const one of cases.toSorted((a, b) => b.similarity - a.similarity)) {
      if (!byImage.has(one.imageId)) byImage.set(one.imageId, one);
    }
    return [...byImage.values()];
  };
  const nearestByLabel: Record<string, FoundCase> = {};
  for (const label of labels) {
    const [nearest] = best(searches.flatMap((found) => found.nearestByLabel[label] ?? []));
    if (nearest) nearestByLabel[label] = nearest;
  }
  return {
    nearest: best(searches.flatMap(({ nearest }) => nearest)).slice(0, count),
    nearestByLabel,
  };
}

/** Where the picture of a case is served, relative to the routes that answer about images. */
function casePicturePath(version: string, imageId: string): string {
  return `cases/${encodeURIComponent(version)}/${encodeURIComponent(imageId)}.webp`;
}

function caseAnswer(found: FoundCase, version: string): SimilarCaseAnswer {
  return {
    image_id: found.imageId,
    lesion_id: found.lesionId,
    label: found.label,
    confirmed_by: found.confirmedBy,
    similarity: Math.round(found.similarity * 1000) / 1000,
    url: archivePage(found.imageId),
    thumbnail: found.pictured ? casePicturePath(version, found.imageId) : null,
  };
}

/** Images of the ISIC archive are named in one way. */
function archivePage(imageId: string): string | null {
  return /^ISIC_\d{7}$/.test(imageId) ? `https://api.isic-archive.com/images/${imageId}/` : null;
}
