import {
  CONFORMITY_SCORES,
  COVERAGES,
  type ConformalSet,
  type ConformityScore,
  conformalSet,
  DEFAULT_COVERAGE,
} from '@naevus/shared/answer/prediction-set';
import { labelIndex, labels } from '../../taxonomy/current.ts';
import type { AssessmentReport, CoverageReport } from './assessment-report.ts';
import type { CrossFitted } from './cross-fit.ts';
import { average, shareOf } from './held-out-shares.ts';
import { measuredShare } from './lesion-interval.ts';

/** What the prediction sets hold, each measured on other lesions than it was fitted on; the smallest sets are the default. */
export function measurePredictionSets(
  held: readonly CrossFitted[],
  seed: number,
): AssessmentReport['conformal'] {
  const byScore = Object.fromEntries(
    CONFORMITY_SCORES.map((kind) => [
      kind,
      COVERAGES.map((coverage, row) => coverageReport(held, kind, coverage, row)),
    ]),
  ) as Record<ConformityScore, CoverageReport[]>;
  const row90 = COVERAGES.indexOf(DEFAULT_COVERAGE);
  const smallest = CONFORMITY_SCORES.reduce((best, kind) =>
    byScore[kind][row90]!.meanSize < byScore[best][row90]!.meanSize ? kind : best,
  );
  const hits = held.map((one) => ({
    hit: setOf(one, smallest, row90).classes.includes(labelIndex(one.image.label)),
    lesionId: one.image.lesionId,
  }));
  return { default: smallest, overall90: measuredShare(hits, seed), byScore };
}

function coverageReport(
  held: readonly CrossFitted[],
  kind: ConformityScore,
  coverage: number,
  row: number,
): CoverageReport {
  const sets = held.map((one) => setOf(one, kind, row));
  const hits = held.map(({ image }, i) => sets[i]!.classes.includes(labelIndex(image.label)));
  return {
    coverage,
    overall: shareOf(hits),
    meanSize: average(sets.map(({ classes }) => classes.length)),
    empty: shareOf(sets.map(({ typical }) => !typical)),
    perClass: labels().map((label) => {
      const own = held.flatMap(({ image }, i) => (image.label === label ? [i] : []));
      const none = own.length === 0;
      return {
        label,
        images: own.length,
        coverage: none ? null : shareOf(own.map((i) => hits[i]!)),
        meanSize: none ? null : average(own.map((i) => sets[i]!.classes.length)),
      };
    }),
  };
}

function setOf({ scores, fitted }: CrossFitted, kind: ConformityScore, row: number): ConformalSet {
  return conformalSet(scores, kind, fitted.quantiles[kind][row]!);
}
