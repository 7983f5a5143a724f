import type { AssessmentSpec } from '@naevus/shared/answer/assessment-spec';
import {
  MALIGNANT_LABELS,
  malignantScore,
  OPERATING_POINTS,
  type OperatingPoint,
} from '@naevus/shared/answer/operating-point';
import {
  CONFORMITY_SCORES,
  COVERAGES,
  type ConformityScore,
  DEFAULT_COVERAGE,
  predictionSet,
} from '@naevus/shared/answer/prediction-set';
import { scores } from '@naevus/shared/answer/probabilities';
import type { ImageQuality, QualityMeasure } from '@naevus/shared/image/image-quality';
import { checkQuality } from '@naevus/shared/image/quality-limits';
import { LABELS, type Label, LESION_CLASSES, labelIndex } from '@naevus/shared/taxonomy';
import { countLesions } from '../../data/load/count-lesions.ts';
import type { DriftReference } from '../drift/reference.ts';
import { type CalibrationBin, calibration as reliability } from '../metrics/calibration-error.ts';
import { rankSamples } from '../metrics/ranking.ts';
import { rocAuc } from '../metrics/roc.ts';
import type { AssessedImage } from './assessed-image.ts';
import { type CalibrationCandidate, chooseCalibration } from './choose-calibration.ts';
import { type CrossFitted, crossFit, crossFittedScores, foldCount } from './cross-fit.ts';
import { buildDriftReference, type ReferenceAnswer } from './drift-reference.ts';
import { type CalibrationPlan, type FittedAssessment, fitAssessment } from './fit-assessment.ts';
import type { CalibrationMethod } from './fit-calibration.ts';
import { type Measured, measuredShare } from './lesion-interval.ts';
import type { NonLesionUse } from './non-lesions.ts';

/** A picture without a lesion, as far as it is measured. */
export interface MeasuredNonLesion {
  readonly use: NonLesionUse;
  readonly kind: string;
  readonly distance: number;
  readonly quality: ImageQuality;
  readonly logits: Float32Array;
}

/** Validation images made worse on purpose, to see whether it is noticed. */
export interface DegradedImages {
  readonly degradation: string;
  readonly qualities: readonly ImageQuality[];
}

export interface CoverageReport {
  readonly coverage: number;
  readonly overall: number;
  readonly meanSize: number;
  /** Share of sets that hold no class. */
  readonly empty: number;
  readonly perClass: readonly {
    readonly label: Label;
    readonly images: number;
    readonly coverage: number | null;
    readonly meanSize: number | null;
  }[];
}

/** `assessment.json`: how far the fitted parts keep what they promise, each measured on other lesions than it was fitted on. */
export interface AssessmentReport {
  readonly schemaVersion: 1;
  readonly fittedOn: AssessmentSpec['fittedOn'];
  readonly calibration: {
    readonly chosen: CalibrationMethod;
    readonly candidates: readonly CalibrationCandidate[];
    readonly binsBefore: readonly CalibrationBin[];
    readonly binsAfter: readonly CalibrationBin[];
  };
  readonly conformal: {
    readonly default: ConformityScore;
    readonly overall90: Measured;
    readonly byScore: Readonly<Record<ConformityScore, readonly CoverageReport[]>>;
  };
  readonly triage: Readonly<
    Record<
      OperatingPoint,
      {
        readonly threshold: number;
        readonly melanomaSensitivity: Measured;
        readonly malignantSensitivity: Measured;
        readonly specificity: Measured;
      }
    >
  >;
  readonly quality: {
    readonly refusedLesions: Measured;
    readonly byMeasure: readonly {
      readonly measure: QualityMeasure;
      readonly min?: number | undefined;
      readonly max?: number | undefined;
      readonly refusedLesions: number;
    }[];
    /** Share of the degraded images that fail some limit. */
    readonly degraded: readonly {
      readonly degradation: string;
      readonly images: number;
      readonly refused: number;
    }[];
  };
  readonly outOfDistribution: {
    readonly threshold: number;
    readonly refusedLesions: Measured;
    readonly byUse: readonly {
      readonly use: NonLesionUse;
      readonly images: number;
      /** Of lesions against these. */
      readonly auroc: number;
      /** The same for the energy of the logits (Liu et al. 2020), for comparison. */
      readonly energyAuroc: number;
      /** Share beyond the threshold. */
      readonly refused: number;
    }[];
    readonly byKind: readonly {
      readonly use: NonLesionUse;
      readonly kind: string;
      readonly images: number;
      readonly refused: number;
      /** With the limits of quality. */
      readonly abstained: number;
    }[];
    /** Of lesions, for pictures: 0, 1 ... 100 % quantiles of the distance. */
    readonly lesionDistances: readonly number[];
    readonly nonLesionDistances: readonly number[];
  };
  /** Lesions that no answer is given for, for whatever reason. */
  readonly abstainedLesions: Measured;
}

export interface BuiltAssessment {
  readonly report: AssessmentReport;
  readonly fitted: FittedAssessment;
  readonly method: CalibrationMethod;
  /** One an image: by a calibration that its lesion had no part in. */
  readonly heldOutScores: readonly (readonly number[])[];
  /** Of the answers that are served, by the fit on all images: what later ones are compared with. */
  readonly driftReference: DriftReference;
  /** One an image: that fit. */
  readonly heldOutFits: readonly FittedAssessment[];
}

export interface AssessmentInput {
  readonly images: readonly AssessedImage[];
  readonly nonLesions: readonly MeasuredNonLesion[];
  readonly degraded: readonly DegradedImages[];
  /** Where the images are from. */
  readonly split: string;
  readonly plan: Omit<CalibrationPlan, 'method'>;
  readonly seed: number;
}

/** Chooses, fits and measures all that an answer is held against. */
export function buildAssessment(input: AssessmentInput): BuiltAssessment {
  const { images, plan, seed } = input;
  const truth = images.map(({ label }) => labelIndex(label));
  const byMethod = crossFittedScores(images, plan, seed);
  const { chosen: method, candidates } = chooseCalibration(images, byMethod);

  const held = crossFit(images, { ...plan, method }, seed);
  const fitted = fitAssessment(images, { ...plan, method });
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
  const share = (of: readonly CrossFitted[], holds: (one: CrossFitted) => boolean) =>
    measuredShare(
      of.map((one) => ({ hit: holds(one), lesionId: one.image.lesionId })),
      seed,
    );

  const report: AssessmentReport = {
    schemaVersion: 1,
    fittedOn: {
      split: input.split,
      images: images.length,
      lesions: countLesions(images),
      folds: foldCount(images),
    },
    calibration: {
      chosen: method,
      candidates,
      binsBefore: reliability(truth, byMethod.none).bins,
      binsAfter: reliability(truth, byMethod[method]).bins,
    },
    conformal: {
      default: smallest,
      overall90: share(held, (one) => covered(one, smallest, row90)),
      byScore,
    },
    triage: Object.fromEntries(
      OPERATING_POINTS.map((point) => {
        const flagged = ({ scores, fitted: { thresholds } }: CrossFitted) =>
          malignantScore(scores) >= thresholds[point];
        const among = (labels: readonly Label[]) =>
          held.filter(({ image }) => labels.includes(image.label));
        return [
          point,
          {
            threshold: fitted.thresholds[point],
            melanomaSensitivity: share(among(['mel']), flagged),
            malignantSensitivity: share(among(MALIGNANT_LABELS), flagged),
            specificity: share(
              held.filter(({ image }) => LESION_CLASSES[image.label].risk === 'benign'),
              (one) => !flagged(one),
            ),
          },
        ];
      }),
    ) as unknown as AssessmentReport['triage'],
    quality: {
      refusedLesions: share(held, failsQuality),
      byMeasure: (Object.keys(fitted.qualityLimits) as QualityMeasure[]).map((measure) => ({
        measure,
        ...fitted.qualityLimits[measure],
        refusedLesions: mean(
          held.map(({ image, fitted: { qualityLimits } }) =>
            checkQuality(image.quality, { [measure]: qualityLimits[measure] }).some(
              ({ passed }) => !passed,
            ),
          ),
        ),
      })),
      degraded: input.degraded.map(({ degradation, qualities }) => ({
        degradation,
        images: qualities.length,
        refused: mean(qualities.map((quality) => fails(quality, fitted))),
      })),
    },
    outOfDistribution: {
      threshold: fitted.distanceThreshold,
      refusedLesions: share(held, beyond),
      ...nonLesionFigures(input, fitted),
    },
    abstainedLesions: share(held, (one) => beyond(one) || failsQuality(one)),
  };
  const served = images.map(
    ({ logits, quality, distance, lesionId }): ReferenceAnswer => ({
      scores: scores(logits, fitted.calibration),
      measurements: { quality, distance },
      lesionId,
    }),
  );
  return {
    report,
    fitted,
    method,
    heldOutScores: held.map(({ scores }) => scores),
    driftReference: buildDriftReference(served, input.split, seed),
    heldOutFits: held.map((one) => one.fitted),
  };
}

function coverageReport(
  held: readonly CrossFitted[],
  kind: ConformityScore,
  coverage: number,
  row: number,
): CoverageReport {
  const sets = held.map((one) => setOf(one, kind, row));
  const hits = held.map(({ image }, i) => sets[i]!.includes(image.label));
  return {
    coverage,
    overall: mean(hits),
    meanSize: average(sets.map(({ length }) => length)),
    empty: mean(sets.map(({ length }) => length === 0)),
    perClass: LABELS.map((label) => {
      const own = held.flatMap(({ image }, i) => (image.label === label ? [i] : []));
      const none = own.length === 0;
      return {
        label,
        images: own.length,
        coverage: none ? null : mean(own.map((i) => hits[i]!)),
        meanSize: none ? null : average(own.map((i) => sets[i]!.length)),
      };
    }),
  };
}

function setOf({ scores, fitted }: CrossFitted, kind: ConformityScore, row: number): Label[] {
  return predictionSet(scores, kind, fitted.quantiles[kind][row]!);
}

function covered(one: CrossFitted, kind: ConformityScore, row: number): boolean {
  return setOf(one, kind, row).includes(one.image.label);
}

function beyond({ image, fitted }: CrossFitted): boolean {
  return image.distance > fitted.distanceThreshold;
}

function failsQuality({ image, fitted }: CrossFitted): boolean {
  return fails(image.quality, fitted);
}

function fails(quality: ImageQuality, { qualityLimits }: FittedAssessment): boolean {
  return checkQuality(quality, qualityLimits).some(({ passed }) => !passed);
}

function nonLesionFigures({ images, nonLesions }: AssessmentInput, fitted: FittedAssessment) {
  const uses = [...new Set(nonLesions.map(({ use }) => use))];
  const kinds = [...new Set(nonLesions.map(({ use, kind }) => `${use} ${kind}`))].sort();
  const refused = ({ distance }: { readonly distance: number }) =>
    distance > fitted.distanceThreshold;
  return {
    byUse: uses.map((use) => {
      const pictures = nonLesions.filter((picture) => picture.use === use);
      return {
        use,
        images: pictures.length,
        auroc: auroc(images, pictures, ({ distance }) => distance),
        energyAuroc: auroc(images, pictures, ({ logits }) => -logSumExp(logits)),
        refused: mean(pictures.map(refused)),
      };
    }),
    byKind: kinds.map((name) => {
      const [use, kind] = name.split(' ') as [NonLesionUse, string];
      const pictures = nonLesions.filter((one) => one.use === use && one.kind === kind);
      return {
        use,
        kind,
        images: pictures.length,
        refused: mean(pictures.map(refused)),
        abstained: mean(pictures.map((one) => refused(one) || fails(one.quality, fitted))),
      };
    }),
    lesionDistances: percentiles(images.map(({ distance }) => distance)),
    nonLesionDistances: percentiles(nonLesions.map(({ distance }) => distance)),
  };
}

function auroc<T extends { readonly distance: number; readonly logits: Float32Array }>(
  lesions: readonly T[] | readonly AssessedImage[],
  others: readonly MeasuredNonLesion[],
  score: (one: Pick<MeasuredNonLesion, 'distance' | 'logits'>) => number,
): number {
  const all = [...lesions, ...others].map(score);
  const truth = all.map((_, i) => (i < lesions.length ? 0 : 1));
  return rocAuc(rankSamples(truth, (i) => all[i]!, 1))!;
}

function logSumExp(logits: Float32Array): number {
  const largest = Math.max(...logits);
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

function percentiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  return Array.from(
    { length: 101 },
    (_, p) => sorted[Math.round((p / 100) * (sorted.length - 1))]!,
  );
}

function mean(holds: readonly boolean[]): number {
  return average(holds.map(Number));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What of it goes into the manifest. */
export function assessmentSpec(
  { report, fitted }: BuiltAssessment,
  subspace: { readonly path: string; readonly features: number; readonly components: number },
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
        OPERATING_POINTS.map((point) => {
          const { threshold: _, ...measured } = triage[point];
          return [point, measured];
        }),
      ) as AssessmentSpec['triage']['operatingPoints'],
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
  };
}
