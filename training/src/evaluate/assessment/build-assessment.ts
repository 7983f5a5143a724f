import { scores } from '@naevus/shared/answer/probabilities';
import { countLesions } from '../../data/load/count-lesions.ts';
import { defaultOperatingPoint, labelIndex } from '../../taxonomy/current.ts';
import type { DriftReference } from '../drift/reference.ts';
import { calibration as reliability } from '../metrics/calibration-error.ts';
import { abstains, abstentionOf } from './answered-image.ts';
import type { AssessedImage } from './assessed-image.ts';
import type { AssessmentReport } from './assessment-report.ts';
import { chooseCalibration } from './choose-calibration.ts';
import { type CrossFitted, crossFit, crossFittedScores, foldCount } from './cross-fit.ts';
import { buildDriftReference, type ReferenceAnswer } from './drift-reference.ts';
import { type CalibrationPlan, type FittedAssessment, fitAssessment } from './fit-assessment.ts';
import type { CalibrationMethod } from './fit-calibration.ts';
import { heldOutShare } from './held-out-shares.ts';
import { measureModality } from './measure-modality.ts';
import { type MeasuredNonLesion, measureOutOfDistribution } from './measure-out-of-distribution.ts';
import { measurePredictionSets } from './measure-prediction-sets.ts';
import { type DegradedImages, measureQualityLimits } from './measure-quality.ts';
import { measureTriage } from './measure-triage.ts';
import { dealThresholds, flaggedShares } from './threshold-deals.ts';

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
  /** One an image: in which share of the deals it is flagged at the default operating point. */
  readonly heldOutFlagged: readonly number[];
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

/**
 * Chooses, fits and measures everything that an answer is checked with. What the report says of lesions is of the
 * home source's: the others have a report of their own.
 */
export function buildAssessment(input: AssessmentInput): BuiltAssessment {
  const { images, plan, seed } = input;
  const atHome = images.filter(({ source }) => source === plan.home);
  const truth = atHome.map(({ label }) => labelIndex(label));
  const byMethod = crossFittedScores(atHome, plan, seed);
  const { chosen: method, candidates } = chooseCalibration(atHome, byMethod);

  const everywhere = crossFit(images, { ...plan, method }, seed);
  const isAtHome = ({ image }: CrossFitted) => image.source === plan.home;
  const held = everywhere.filter(isAtHome);
  const flags = dealThresholds(everywhere, plan.home, seed);
  const fitted = fitAssessment(images, { ...plan, method });
  const modality = measureModality(everywhere, input.nonLesions, fitted, { home: plan.home, seed });
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
    conformal: measurePredictionSets(held, seed),
    triage: measureTriage(everywhere, flags, fitted, isAtHome, seed),
    quality: measureQualityLimits(held, input.degraded, fitted, seed),
    outOfDistribution: measureOutOfDistribution(held, input.nonLesions, fitted, seed),
    ...(modality && { modality }),
    abstainedLesions: heldOutShare(
      held,
      ({ image, fitted }) => abstains(abstentionOf(image, fitted)),
      seed,
    ),
  };
  const served = atHome.map(
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
    heldOutScores: everywhere.map(({ scores }) => scores),
    driftReference: buildDriftReference(served, input.split, seed),
    heldOutFits: everywhere.map((one) => one.fitted),
    heldOutFlagged: flaggedShares(flags[defaultOperatingPoint()], images.length),
  };
}
