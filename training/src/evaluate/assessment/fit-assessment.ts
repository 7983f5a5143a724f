import { type OperatingPointSpec, operatingPoints } from '@naevus/shared/answer/operating-point';
import {
  type ClassQuantiles,
  CONFORMITY_SCORES,
  COVERAGES,
  type ConformityScore,
  nonconformity,
} from '@naevus/shared/answer/prediction-set';
import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import type { UnseenThreshold } from '@naevus/shared/answer/unseen';
import type { QualityLimits, QualityMeasure } from '@naevus/shared/image/image-quality';
import {
  labelIndex,
  labels,
  malignantScore,
  pointNames,
  taxonomy,
} from '../../taxonomy/current.ts';
import type { AssessedImage } from './assessed-image.ts';
import { type CalibrationMethod, type ClassWeights, fitCalibration } from './fit-calibration.ts';
import { sourceWeights } from './source-weights.ts';
import { type SquamousImage, squamousThreshold } from './squamous-threshold.ts';
import { type WeightedValue, weightedConformalQuantile } from './weighted-quantile.ts';

/** Everything that is fitted on lesions that were not trained on. */
export interface FittedAssessment {
  readonly calibration: Calibration;
  /** One row a coverage, one column a label. */
  readonly quantiles: Readonly<Record<ConformityScore, readonly ClassQuantiles[]>>;
  /** By operating point; none where the classes have no risk groups. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly qualityLimits: QualityLimits;
  readonly distanceThreshold: number;
  /** Images that are less likely dermoscopic are not answered; undefined where that is not told. */
  readonly modalityThreshold?: number | undefined;
  /** From here on a diagnosis outside the classes is not excluded; undefined where that is not told. */
  readonly squamousThreshold?: UnseenThreshold | undefined;
}

/** How scores come out of logits: the method, what it starts from, and the prior it ends in. */
export interface CalibrationPlan {
  readonly base: Calibration;
  readonly method: CalibrationMethod;
  /** Added to the fitted biases: takes the scores to the prior that they are served with. */
  readonly priorBias: readonly number[];
  /**
   * Name of the home source: the scores are of its prior, and calibrated on its images alone. All else is fitted on
   * the images of all sources, by {@link sourceWeights}.
   */
  readonly home: string;
  /** Images of a diagnosis outside the classes, such as squamous cell carcinoma: they are not to be `routine`. */
  readonly squamous?: readonly SquamousImage[];
}

/** Share of real lesions that may lie beyond the distance's threshold; less where the modality is told as well. */
const BEYOND_DISTANCE = { alone: 0.025, besideModality: 0.01 };

/**
 * Share of real lesions that may be taken for images without a dermatoscope: of sources that the fit knows, and on
 * average of a source that it does not (README.md beside this file).
 */
export const BEYOND_MODALITY = { known: 0.045, unseen: 0.18 };

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

/** What an operating point is about. */
export function operatingPointNamed(name: string): OperatingPointSpec {
  return operatingPoints(taxonomy()).find((point) => point.name === name)!;
}

/**
 * Fits all of it on the same images. At least one is of the home source.
 *
 * @param weights of the calibration's images, by label; 1 by default
 */
export function fitAssessment(
  images: readonly AssessedImage[],
  plan: CalibrationPlan,
  weights?: ClassWeights,
): FittedAssessment {
  const calibration = planned(plan, images, weights);
  const scored = images.map((image) => ({
    ...image,
    scores: scores(image.logits, calibration),
  }));
  const { home, squamous = [] } = plan;
  const limitOfModality = modalityThreshold(images, home);
  const thresholds = Object.fromEntries(
    pointNames().map((point) => [point, operatingThreshold(scored, point, home)]),
  ) as unknown as FittedAssessment['thresholds'];
  return {
    calibration,
    quantiles: Object.fromEntries(
      CONFORMITY_SCORES.map((kind) => [kind, classQuantiles(scored, kind, home)]),
    ) as unknown as FittedAssessment['quantiles'],
    thresholds,
    qualityLimits: fitQualityLimits(images, home),
    distanceThreshold: outerQuantile(
      images.map(({ source, distance }) => ({ source, value: distance })),
      1 - (limitOfModality === undefined ? BEYOND_DISTANCE.alone : BEYOND_DISTANCE.besideModality),
      home,
    ),
    ...(limitOfModality !== undefined && { modalityThreshold: limitOfModality }),
    squamousThreshold: squamousThreshold(
      squamous,
      scored.filter(({ source }) => source === home),
      { calibration, thresholds },
    ),
  };
}

/**
 * How likely dermoscopic an image must at least be, for so many real lesions of known sources to be, and for so many of
 * a source that is new: the lower of both, by {@link BEYOND_MODALITY}.
 *
 * @returns undefined where it is not told how images were taken
 */
export function modalityThreshold(
  images: readonly Pick<AssessedImage, 'source' | 'dermoscopic' | 'dermoscopicUnseen'>[],
  home: string,
): number | undefined {
  const negated = (likelihoodOf: (image: (typeof images)[number]) => number | undefined) =>
    images.flatMap((image) => {
      const likelihood = likelihoodOf(image);
      return likelihood === undefined ? [] : [{ source: image.source, value: -likelihood }];
    });
  const known = negated(({ dermoscopic }) => dermoscopic);
  if (known.length === 0) return undefined;
  const limit = -outerQuantile(known, 1 - BEYOND_MODALITY.known, home);
  const unseen = negated(({ dermoscopicUnseen }) => dermoscopicUnseen);
  if (unseen.length === 0) return limit;
  // Any clinic may be the next one: each source counts alike, home as well.
  return Math.min(limit, -outerQuantile(unseen, 1 - BEYOND_MODALITY.unseen, undefined));
}

/** The calibration of the scores that are served, fitted on the home source's images. */
export function planned(
  { base, method, priorBias, home }: CalibrationPlan,
  images: readonly AssessedImage[],
  weights?: ClassWeights,
) {
  const fitted = fitCalibration(
    images.filter(({ source }) => source === home),
    base,
    method,
    weights,
  );
  return { ...fitted, logitBias: fitted.logitBias.map((bias, k) => bias + priorBias[k]!) };
}

/** What the scores of an image of a class are. */
export interface ScoredLabel {
  readonly label: string;
  readonly source: string;
  readonly scores: readonly number[];
}

function classQuantiles(
  images: readonly ScoredLabel[],
  kind: ConformityScore,
  home: string,
): ClassQuantiles[] {
  const misfits = labels().map((label, k) =>
    weighed(
      images
        .filter((image) => image.label === label)
        .map(({ source, scores }) => ({ source, value: nonconformity(scores, kind)[k]! })),
      home,
    ),
  );
  return COVERAGES.map((coverage) =>
    misfits.map((values) => weightedConformalQuantile(values, coverage)),
  );
}

/** A value of an image of a source. */
export interface SourceValue {
  readonly source: string;
  readonly value: number;
}

function weighed(values: readonly SourceValue[], home: string | undefined): WeightedValue[] {
  const weights = sourceWeights(values, home);
  return values.map(({ value }, i) => ({ value, weight: weights[i]! }));
}

/**
 * The highest threshold that keeps the point's share of each group it is for at or above it (or, for
 * a specificity, the lowest that keeps it below), by the same count as conformal quantiles, so that the
 * share is kept on average of further images: of all sources, and of the home source by itself. 0 or 1 where there
 * are too few of them.
 */
export function operatingThreshold(
  images: readonly ScoredLabel[],
  point: string,
  home: string,
): number {
  const { groups, share, side } = operatingPointNamed(point);
  const thresholds = groups.flatMap((group) => {
    const members = images
      .filter(({ label }) => group.includes(labelIndex(label)))
      .map(({ source, scores }) => ({ source, value: malignantScore(scores) }));
    const atHome = members.filter(({ source }) => source === home);
    const both = atHome.length > 0 ? [members, atHome] : [members];
    if (side === 'below') {
      return both.map((of) => weightedConformalQuantile(weighed(of, home), share));
    }
    return both.map((of) => {
      const negated = of.map(({ source, value }) => ({ source, value: -value }));
      return -weightedConformalQuantile(weighed(negated, home), share);
    });
  });
  return side === 'below'
    ? Math.min(1, Math.max(...thresholds))
    : Math.max(0, Math.min(...thresholds));
}

/**
 * Limits of all sources, but for colour: a source with casts of its own would widen that one until exchanged
 * channels pass.
 */
function fitQualityLimits(images: readonly AssessedImage[], home: string): QualityLimits {
  const limits: Record<string, { min?: number; max?: number }> = {};
  for (const [name, { low, high }] of Object.entries(BEYOND_QUALITY)) {
    const fitted = name === 'colour' ? images.filter(({ source }) => source === home) : images;
    const values = fitted.map(({ source, quality }) => ({
      source,
      value: quality[name as QualityMeasure],
    }));
    const negated = values.map(({ source, value }) => ({ source, value: -value }));
    limits[name] = {
      ...(low !== undefined && { min: -outerQuantile(negated, 1 - low, home) }),
      ...(high !== undefined && { max: outerQuantile(values, 1 - high, home) }),
    };
  }
  return limits;
}

/** The largest value where there are too few for the share. */
function outerQuantile(
  values: readonly SourceValue[],
  share: number,
  home: string | undefined,
): number {
  const largest = values.reduce((most, { value }) => Math.max(most, value), -Infinity);
  return Math.min(weightedConformalQuantile(weighed(values, home), share), largest);
}
