import type { AssessmentSpec } from '@naevus/shared/answer/assessment-spec';
import { criticalMember } from '@naevus/shared/answer/critical-figures';
import { COVERAGES, DEFAULT_COVERAGE } from '@naevus/shared/answer/prediction-set';
import { hasCritical, pointNames, taxonomy } from '../../taxonomy/current.ts';
import type { BuiltAssessment } from './build-assessment.ts';
import type { CalibrationMethod } from './fit-calibration.ts';

/** What of an assessment goes into the manifest. */
export function assessmentSpec(
  { report, fitted }: BuiltAssessment,
  subspace: { readonly path: string; readonly features: number; readonly components: number },
  modality?: Pick<
    NonNullable<AssessmentSpec['modality']>,
    'path' | 'method' | 'features' | 'found'
  >,
  squamous?: Pick<NonNullable<AssessmentSpec['triage']['squamous']>, 'images' | 'routine'>,
): AssessmentSpec {
  const { calibration, conformal, triage, quality, outOfDistribution } = report;
  const eceOf = (method: CalibrationMethod) =>
    calibration.candidates.find((candidate) => candidate.method === method)!.ece;
  const finite = (rows: readonly (readonly number[])[]) =>
    rows.map((row) => row.map((value) => (Number.isFinite(value) ? value : null)));
  return {
    fittedOn: report.fittedOn,
    calibration: { eceBefore: eceOf('none'), eceAfter: eceOf(calibration.chosen) },
    conformal: {
      default: conformal.default,
      quantiles: { lac: finite(fitted.quantiles.lac), raps: finite(fitted.quantiles.raps) },
      coverage90: {
        overall: conformal.overall90,
        meanSize:
          conformal.byScore[conformal.default][COVERAGES.indexOf(DEFAULT_COVERAGE)]!.meanSize,
      },
    },
    triage: {
      operatingPoints: Object.fromEntries(
        pointNames().map((point) => {
          const { threshold: _, melanomaSensitivity, ...others } = triage[point]!;
          const critical = hasCritical()
            ? { [criticalMember(taxonomy())]: melanomaSensitivity }
            : {};
          const measured = { ...critical, ...others };
          const figures = Object.entries(measured).map(([name, { value, interval }]) => [
            name,
            { value, interval },
          ]);
          return [point, Object.fromEntries(figures)];
        }),
      ) as AssessmentSpec['triage']['operatingPoints'],
      ...(fitted.squamousThreshold !== undefined &&
        squamous && { squamous: { threshold: fitted.squamousThreshold, ...squamous } }),
    },
    quality: {
      limits: fitted.qualityLimits as AssessmentSpec['quality']['limits'],
      refusedLesions: quality.refusedLesions,
    },
    outOfDistribution: {
      method: 'residual',
      ...subspace,
      threshold: outOfDistribution.threshold,
      refusedLesions: outOfDistribution.refusedLesions,
      auroc: outOfDistribution.byUse.find(({ use }) => use === 'held-back')?.auroc ?? null,
    },
    ...(report.modality &&
      modality && {
        modality: {
          ...modality,
          threshold: report.modality.threshold,
          refusedLesions: report.modality.refusedLesions,
        },
      }),
  };
}
