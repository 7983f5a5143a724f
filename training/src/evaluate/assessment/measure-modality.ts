import { abstentionOf } from './answered-image.ts';
import type { AssessedImage } from './assessed-image.ts';
import type { AssessmentReport } from './assessment-report.ts';
import type { CrossFitted } from './cross-fit.ts';
import { type FittedAssessment, modalityThreshold } from './fit-assessment.ts';
import { heldOutShare, shareOf } from './held-out-shares.ts';
import type { MeasuredNonLesion } from './measure-out-of-distribution.ts';

/**
 * How many lesions of each source are taken for images without a dermatoscope.
 *
 * @param held the validation images of all sources
 * @returns undefined where no modality was fitted
 */
export function measureModality(
  held: readonly CrossFitted[],
  nonLesions: readonly MeasuredNonLesion[],
  fitted: FittedAssessment,
  { home, seed }: { readonly home: string; readonly seed: number },
): AssessmentReport['modality'] {
  const threshold = fitted.modalityThreshold;
  if (threshold === undefined) return undefined;
  const refused = (one: CrossFitted) => abstentionOf(one.image, one.fitted).modality;
  const images = held.map(({ image }) => image);
  const heldBack = nonLesions.filter(({ use }) => use === 'held-back');
  const atHome = held.filter(({ image }) => image.source === home);
  return {
    threshold,
    refusedLesions: heldOutShare(atHome, refused, seed),
    bySource: [...new Set(images.map(({ source }) => source))].sort().map((source) => {
      const own = held.filter(({ image }) => image.source === source);
      return {
        source,
        images: own.length,
        refused: shareOf(own.map(refused)),
        refusedWithoutSource: refusedWithoutSource(images, source, home),
      };
    }),
    nonLesions: {
      images: heldBack.length,
      refused: shareOf(heldBack.map(({ dermoscopic }) => dermoscopic! < threshold)),
    },
  };
}

/**
 * Share of a source's images that are refused by a model, and a limit, which they had no part in; null where there is no
 * other source.
 */
function refusedWithoutSource(
  images: readonly AssessedImage[],
  source: string,
  home: string,
): number | null {
  const own = images.flatMap((image) =>
    image.source === source ? (image.dermoscopicUnseen ?? []) : [],
  );
  const limit = modalityThreshold(
    images.filter((image) => image.source !== source),
    home,
  );
  if (own.length === 0 || limit === undefined) return null;
  return shareOf(own.map((likelihood) => likelihood < limit));
}
