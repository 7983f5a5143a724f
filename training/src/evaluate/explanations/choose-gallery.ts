import { createRandom } from '@naevus/shared/statistics/random';
import { byImageId } from '../../data/load/dataset.ts';
import { labels } from '../../taxonomy/current.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import type { ScoredImage } from '../metrics/metrics-report.ts';

/** Images of one class that the top score got right, and that it got wrong. */
export interface GalleryRow<I extends ScoredImage = ScoredImage> {
  readonly label: string;
  readonly right: readonly I[];
  readonly wrong: readonly I[];
}

/**
 * Draws images at random, not the ones that look best: at most `each` right and `each` wrong ones a class, one
 * a lesion. The same images and seed give the same choice, whatever their order.
 */
export function chooseGallery<I extends ScoredImage>(
  images: readonly I[],
  { each, seed }: { readonly each: number; readonly seed: number },
): GalleryRow<I>[] {
  const random = createRandom(seed);
  return labels().map((label, k) => {
    const shuffled = random.shuffle(
      images.filter((image) => image.label === label).sort(byImageId),
    );
    const seen = new Set<string>();
    const single = shuffled.filter(({ lesionId }) => {
      if (lesionId === null) return true;
      if (seen.has(lesionId)) return false;
      seen.add(lesionId);
      return true;
    });
    const isRight = ({ scores }: I) => topClass(scores) === k;
    return {
      label,
      right: single.filter(isRight).slice(0, each),
      wrong: single.filter((image) => !isRight(image)).slice(0, each),
    };
  });
}
