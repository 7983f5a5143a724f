import { MALIGNANT_LABELS, OPERATING_POINTS } from '@naevus/shared/answer/operating-point';
import { type Label, LESION_CLASSES } from '@naevus/shared/taxonomy';
import type { AssessmentReport } from './assessment-report.ts';
import type { CrossFitted } from './cross-fit.ts';
import type { FittedAssessment } from './fit-assessment.ts';
import { isFlagged } from './flagged.ts';
import { heldOutShare } from './held-out-shares.ts';

/** What each operating point finds and spares, measured on other lesions than its threshold was fitted on. */
export function measureTriage(
  held: readonly CrossFitted[],
  fitted: FittedAssessment,
  seed: number,
): AssessmentReport['triage'] {
  const among = (labels: readonly Label[]) =>
    held.filter(({ image }) => labels.includes(image.label));
  const benign = held.filter(({ image }) => LESION_CLASSES[image.label].risk === 'benign');
  return Object.fromEntries(
    OPERATING_POINTS.map((point) => {
      const flagged = ({ scores, fitted }: CrossFitted) => isFlagged(scores, fitted, point);
      return [
        point,
        {
          threshold: fitted.thresholds[point],
          melanomaSensitivity: heldOutShare(among(['mel']), flagged, seed),
          malignantSensitivity: heldOutShare(among(MALIGNANT_LABELS), flagged, seed),
          specificity: heldOutShare(benign, (one) => !flagged(one), seed),
        },
      ];
    }),
  ) as unknown as AssessmentReport['triage'];
}
