import { type Pooling, poolPhotos } from '@naevus/shared/answer/pool-photos';
import { abstains, abstentionOf } from '../assessment/answered-image.ts';
import type { AssessedImage } from '../assessment/assessed-image.ts';
import type { FittedAssessment } from '../assessment/fit-assessment.ts';

/** An image with the scores and the limits that its lesion had no part in fitting. */
export interface HeldOutImage {
  readonly image: AssessedImage;
  readonly scores: readonly number[];
  readonly fitted: FittedAssessment;
}

/** All photos of one lesion. */
export interface HeldOutLesion {
  readonly label: string;
  /** Of the first photo; null: a lesion of its own. */
  readonly lesionId: string | null;
  readonly photos: readonly HeldOutImage[];
  /** The photos that have a vote: those that are not abstained from; all of them where there are none. */
  readonly voters: readonly HeldOutImage[];
  /** Fitted on other lesions. */
  readonly fitted: FittedAssessment;
}

/** Lesions in the order of their first image; an image without a lesion id is a lesion of its own. */
export function groupByLesion(images: readonly HeldOutImage[]): HeldOutLesion[] {
  const groups = new Map<string, HeldOutImage[]>();
  for (const [i, one] of images.entries()) {
    // No lesion id begins with a space.
    const key = one.image.lesionId ?? ` ${i}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].map((photos) => {
    const sound = photos.filter(({ image, fitted }) => !abstains(abstentionOf(image, fitted)));
    const { image, fitted } = photos[0]!;
    return {
      label: image.label,
      lesionId: image.lesionId,
      photos,
      voters: sound.length > 0 ? sound : photos,
      fitted,
    };
  });
}

/** The scores of a lesion. */
export function pooledScores(
  { voters }: Pick<HeldOutLesion, 'voters'>,
  pooling: Pooling,
  temperature = 1,
): number[] {
  const photos = voters.map(({ scores, image: { quality, distance } }) => ({
    scores,
    sharpness: quality.sharpness,
    distance,
  }));
  return poolPhotos(photos, pooling, temperature);
}
