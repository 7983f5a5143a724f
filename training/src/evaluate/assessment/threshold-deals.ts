import { pointNames } from '../../taxonomy/current.ts';
import { type CrossFitted, foldCount } from './cross-fit.ts';
import { operatingThreshold } from './fit-assessment.ts';
import { isFlagged } from './flagged.ts';
import { lesionFolds } from './lesion-folds.ts';

/**
 * How often the lesions are dealt into folds anew. A threshold that finds 95 of 100 images of a class hangs on a handful of
 * them, so one deal moves the share that it finds by points.
 */
export const DEALS = 40;

/** Of each operating point and deal, which images are flagged by a threshold that their lesion had no part in. */
export type DealtFlags = Readonly<Record<string, readonly (readonly boolean[])[]>>;

/**
 * Deals the lesions {@link DEALS} times, and fits the thresholds of each fold on the others. Scores stay those of the
 * one cross-fit: refitting the calibration as often would cost hours and moves them far less.
 *
 * @param held of all sources
 * @returns flags in the images' order
 */
export function dealThresholds(
  held: readonly CrossFitted[],
  home: string,
  seed: number,
): DealtFlags {
  const images = held.map(({ image }) => image);
  const scored = held.map(({ image: { label, source }, scores }) => ({ label, source, scores }));
  const folds = foldCount(images);
  const flags = Object.fromEntries(
    pointNames().map((point): [string, boolean[][]] => [point, []]),
  ) as Record<string, boolean[][]>;
  for (let deal = 0; deal < DEALS; deal++) {
    const dealt = lesionFolds(images, folds, seed + deal);
    for (const point of pointNames()) {
      const thresholds = Array.from({ length: folds }, (_, fold) =>
        operatingThreshold(
          scored.filter((_, i) => dealt[i] !== fold),
          point,
          home,
        ),
      );
      flags[point]!.push(
        held.map(({ scores, fitted }, i) => {
          const threshold = thresholds[dealt[i]!]!;
          const served = { ...fitted, thresholds: { ...fitted.thresholds, [point]: threshold } };
          return isFlagged(scores, served, point);
        }),
      );
    }
  }
  return flags;
}

/** Of each image, the share of the deals that flag it; 0 where the classes have no risk groups. */
export function flaggedShares(
  deals: readonly (readonly boolean[])[] | undefined,
  images: number,
): number[] {
  if (deals === undefined) return new Array<number>(images).fill(0);
  return deals[0]!.map((_, i) => deals.filter((flags) => flags[i]).length / deals.length);
}
