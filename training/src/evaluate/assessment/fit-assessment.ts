import {
  MALIGNANT_LABELS,
  malignantScore,
  OPERATING_POINTS,
  type OperatingPoint,
} from '@naevus/shared/answer/operating-point';
import {
  type ClassQuantiles,
  CONFORMITY_SCORES,
  COVERAGES,
  type ConformityScore,
  conformalQuantile,
  nonconformity,
} from '@naevus/shared/answer/prediction-set';
import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import type { QualityMeasure } from '@naevus/shared/image/image-quality';
import type { QualityLimits } from '@naevus/shared/image/quality-limits';
import { LABELS, type Label, LESION_CLASSES } from '@naevus/shared/taxonomy';
import type { AssessedImage } from './assessed-image.ts';
import { type CalibrationMethod, fitCalibration } from './fit-calibration.ts';

/** Everything that is fitted on lesions that were not trained on. */
export interface FittedAssessment {
  readonly calibration: Calibration;
  /** One row a coverage, one column a label. */
  readonly quantiles: Readonly<Record<ConformityScore, readonly ClassQuantiles[]>>;
  readonly thresholds: Readonly<Record<OperatingPoint, number>>;
  readonly qualityLimits: QualityLimits;
  readonly distanceThreshold: number;
}

/** How scores come out of logits: the method, what it starts from, and the prior it ends in. */
export interface CalibrationPlan {
  readonly base: Calibration;
  readonly method: CalibrationMethod;
  /** Added to the fitted biases: takes the scores to the prior that they are served with. */
  readonly priorBias: readonly number[];
}

/** Share of real lesions that may lie beyond the distance's threshold. */
const BEYOND_DISTANCE = 0.025;

/**
 * Share of real lesions that may lie beyond each limit of quality. Not every side of every measure has one:
 * a sharp lesion cannot be too sharp.
 */
const BEYOND_QUALITY: Readonly<
  Record<QualityMeasure, { readonly low?: number; readonly high?: number }>
> = {
  sharpness: { low: 0.005 },
  brightness: { low: 0.0025, high: 0.0025 },
  clipped: { high: 0.0025 },
  lesion_contrast: { low: 0.0025 },
  lesion_area: { low: 0.0025 },
  hair: { high: 0.0025 },
  colour: { high: 0.005 },
};

/** The share of which class each operating point keeps, and on which side of the threshold. */
export const OPERATING_POINT_AIMS: Readonly<
  Record<
    OperatingPoint,
    { readonly labels: readonly Label[]; readonly share: number; readonly side: 'above' | 'below' }
  >
> = {
  'melanoma-sensitivity-90': { labels: ['mel'], share: 0.9, side: 'above' },
  'melanoma-sensitivity-95': { labels: ['mel'], share: 0.95, side: 'above' },
  'melanoma-sensitivity-98': { labels: ['mel'], share: 0.98, side: 'above' },
  'malignant-sensitivity-95': { labels: MALIGNANT_LABELS, share: 0.95, side: 'above' },
  'specificity-90': {
    labels: LABELS.filter((label) => LESION_CLASSES[label].risk === 'benign'),
    share: 0.9,
    side: 'below',
  },
};

/** Fits all of it on the same images. */
export function fitAssessment(
  images: readonly AssessedImage[],
  plan: CalibrationPlan,
): FittedAssessment {
  const calibration = planned(plan, images);
  const scored = images.map((image) => ({
    ...image,
    scores: scores(image.logits, calibration),
  }));
  return {
    calibration,
    quantiles: Object.fromEntries(
      CONFORMITY_SCORES.map((kind) => [kind, classQuantiles(scored, kind)]),
    ) as unknown as FittedAssessment['quantiles'],
    thresholds: Object.fromEntries(
      OPERATING_POINTS.map((point) => [point, operatingThreshold(scored, point)]),
    ) as unknown as FittedAssessment['thresholds'],
    qualityLimits: fitQualityLimits(images),
    distanceThreshold: outerQuantile(
      images.map(({ distance }) => distance),
      1 - BEYOND_DISTANCE,
    ),
  };
}

/** The calibration of the scores that are served. */
export function planned(
  { base, method, priorBias }: CalibrationPlan,
  images: readonly AssessedImage[],
) {
  const fitted = fitCalibration(images, base, method);
  return { ...fitted, logitBias: fitted.logitBias.map((bias, k) => bias + priorBias[k]!) };
}

interface ScoredLabel {
  readonly label: Label;
  readonly scores: readonly number[];
}

function classQuantiles(images: readonly ScoredLabel[], kind: ConformityScore): ClassQuantiles[] {
  const misfits = LABELS.map((label, k) =>
    images
      .filter((image) => image.label === label)
      .map((image) => nonconformity(image.scores, kind)[k]!)
      .sort((a, b) => a - b),
  );
  return COVERAGES.map((coverage) => misfits.map((values) => conformalQuantile(values, coverage)));
}

/**
 * The highest threshold that keeps the point's share of the classes it is for at or above it (or, for
 * a specificity, the lowest that keeps it below), by the same count as conformal quantiles, so that the
 * share is kept on average of further images. 0 or 1 where there are too few of them.
 */
function operatingThreshold(images: readonly ScoredLabel[], point: OperatingPoint): number {
  const { labels, share, side } = OPERATING_POINT_AIMS[point];
  const malignant = images
    .filter(({ label }) => labels.includes(label))
    .map((image) => malignantScore(image.scores));
  if (side === 'below') return Math.min(1, conformalQuantile(ascending(malignant), share));
  const negated = ascending(malignant.map((score) => -score));
  return Math.max(0, -conformalQuantile(negated, share));
}

function fitQualityLimits(images: readonly AssessedImage[]): QualityLimits {
  const limits: Record<string, { min?: number; max?: number }> = {};
  for (const [name, { low, high }] of Object.entries(BEYOND_QUALITY)) {
    const values = images.map(({ quality }) => quality[name as QualityMeasure]);
    limits[name] = {
      ...(low !== undefined && {
        min: -outerQuantile(
          values.map((value) => -value),
          1 - low,
        ),
      }),
      ...(high !== undefined && { max: outerQuantile(values, 1 - high) }),
    };
  }
  return limits;
}

/** The largest value where there are too few for the share. */
function outerQuantile(values: readonly number[], share: number): number {
  const sorted = ascending(values);
  return Math.min(conformalQuantile(sorted, share), sorted.at(-1)!);
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
