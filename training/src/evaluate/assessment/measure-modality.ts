import { abstentionOf } from './answered-image.ts';
import type { AssessedImage } from './assessed-image.ts';
import type { AssessmentReport } from './assessment-report.ts';
import type { CrossFitted } from './cross-fit.ts';
import { type FittedAssessment, modalityThreshold } from './fit-assessment.ts';
import { heldOutShare, shareOf } from './held-out-shares.ts';
import type { MeasuredNonLesion } from './measure-out-of-distribution.ts';

/** How likely each validation image was taken through a dermatoscope, by models without one source, by that source. */
export type WithoutSource = ReadonlyMap<string, readonly number[]>;

/**
 * How many lesions of each source are taken for images without a dermatoscope.
 *
 * @param held the validation images of all sources, in the order of the likelihoods
 * @returns undefined where no modality was fitted
 */
export function measureModality(
  held: readonly CrossFitted[],
  nonLesions: readonly MeasuredNonLesion[],
  withoutSource: WithoutSource,
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
      const likelihoods = withoutSource.get(source);
      return {
        source,
        images: own.length,
        refused: shareOf(own.map(refused)),
        refusedWithoutSource: likelihoods
          ? refusedWithoutSource(images, likelihoods, source, home)
          : null,
      };
    }),
    nonLesions: {
      images: heldBack.length,
      refused: shareOf(heldBack.map(({ dermoscopic }) => dermoscopic! < threshold)),
    },
  };
}

/** Share of a source's images that a model refuses which neither it nor its threshold was fitted on. */
function refusedWithoutSource(
  images: readonly AssessedImage[],
  likelihoods: readonly number[],
  source: string,
  home: string,
): number {
  const known = images.flatMap((image, i) =>
    image.source === source ? [] : [{ source: image.source, value: likelihoods[i]! }],
  );
  const threshold = modalityThreshold(known, home);
  const own = likelihoods.filter((_, i) => images[i]!.source === source);
  return shareOf(own.map((likelihood) => likelihood < threshold));
}
