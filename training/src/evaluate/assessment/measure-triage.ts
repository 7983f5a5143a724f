import {
  criticalClasses,
  isBenign,
  isMalignant,
  labelIndex,
  pointNames,
} from '../../taxonomy/current.ts';
import type { AssessmentReport } from './assessment-report.ts';
import type { CrossFitted } from './cross-fit.ts';
import type { FittedAssessment } from './fit-assessment.ts';
import { type MeasuredOverDeals, measuredShare } from './lesion-interval.ts';
import type { DealtFlags } from './threshold-deals.ts';

/**
 * What each operating point finds and spares, measured on other lesions than its threshold was fitted on: means over
 * many deals of the lesions into folds, and the lowest and the highest of them.
 *
 * @returns by operating point; nothing where the classes have no risk groups
 * @param held of all sources, as the flags are
 * @param isAtHome which of them are measured
 */
export function measureTriage(
  held: readonly CrossFitted[],
  flags: DealtFlags,
  fitted: FittedAssessment,
  isAtHome: (one: CrossFitted) => boolean,
  seed: number,
): AssessmentReport['triage'] {
  const among = (belongs: (label: string) => boolean) =>
    held.flatMap((one, i) => (isAtHome(one) && belongs(one.image.label) ? [i] : []));
  const criticals = criticalClasses();
  const critical = among((label) => criticals[labelIndex(label)]!);
  const malignant = among((label) => isMalignant(label));
  const benign = among((label) => isBenign(label));
  const lesionOf = (i: number) => held[i]!.image.lesionId;
  return Object.fromEntries(
    pointNames().map((point) => {
      const deals = flags[point]!;
      const share = (of: readonly number[], wanted: boolean) =>
        overDeals(of, (deal, i) => deals[deal]![i] === wanted, deals.length, lesionOf, seed);
      return [
        point,
        {
          threshold: fitted.thresholds[point]!,
          melanomaSensitivity: share(critical, true),
          malignantSensitivity: share(malignant, true),
          specificity: share(benign, false),
        },
      ];
    }),
  ) as unknown as AssessmentReport['triage'];
}

function overDeals(
  images: readonly number[],
  holds: (deal: number, image: number) => boolean,
  count: number,
  lesionOf: (image: number) => string | null,
  seed: number,
): MeasuredOverDeals {
  const all = Array.from({ length: count }, (_, deal) => deal);
  const trials = images.map((i) => ({
    hit: all.filter((deal) => holds(deal, i)).length / count,
    lesionId: lesionOf(i),
  }));
  const each = all.map((deal) => images.filter((i) => holds(deal, i)).length / images.length);
  const none = images.length === 0;
  return {
    ...measuredShare(trials, seed),
    deals: {
      count,
      lowest: none ? null : Math.min(...each),
      highest: none ? null : Math.max(...each),
    },
  };
}
