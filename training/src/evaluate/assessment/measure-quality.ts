import type { ImageQuality, QualityMeasure } from '@naevus/shared/image/image-quality';
import { checkQuality } from '@naevus/shared/image/image-quality';
import type { AssessmentReport } from './assessment-report.ts';
import type { CrossFitted } from './cross-fit.ts';
import type { FittedAssessment } from './fit-assessment.ts';
import { fails, failsQuality, heldOutShare, shareOf } from './held-out-shares.ts';

/** Validation images made worse on purpose, to see whether it is noticed. */
export interface DegradedImages {
  readonly degradation: string;
  readonly qualities: readonly ImageQuality[];
}

/** How many lesions and how many degraded images the limits of quality refuse. */
export function measureQualityLimits(
  held: readonly CrossFitted[],
  degraded: readonly DegradedImages[],
  fitted: FittedAssessment,
  seed: number,
): AssessmentReport['quality'] {
  return {
    refusedLesions: heldOutShare(held, failsQuality, seed),
    byMeasure: (Object.keys(fitted.qualityLimits) as QualityMeasure[]).map((measure) => ({
      measure,
      ...fitted.qualityLimits[measure],
      refusedLesions: shareOf(
        held.map(({ image, fitted: { qualityLimits } }) =>
          checkQuality(image.quality, { [measure]: qualityLimits[measure] }).some(
            ({ passed }) => !passed,
          ),
        ),
      ),
    })),
    degraded: degraded.map(({ degradation, qualities }) => ({
      degradation,
      images: qualities.length,
      refused: shareOf(qualities.map((quality) => fails(quality, fitted))),
    })),
  };
}
