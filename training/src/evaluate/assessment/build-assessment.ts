import { scores } from '@naevus/shared/answer/probabilities';
import { labelIndex } from '@naevus/shared/taxonomy';
import { countLesions } from '../../data/load/count-lesions.ts';
import type { DriftReference } from '../drift/reference.ts';
import { calibration as reliability } from '../metrics/calibration-error.ts';
import type { AssessedImage } from './assessed-image.ts';
import type { AssessmentReport } from './assessment-report.ts';
import { chooseCalibration } from './choose-calibration.ts';
import { crossFit, crossFittedScores, foldCount } from './cross-fit.ts';
import { buildDriftReference, type ReferenceAnswer } from './drift-reference.ts';
import { type CalibrationPlan, type FittedAssessment, fitAssessment } from './fit-assessment.ts';
import type { CalibrationMethod } from './fit-calibration.ts';
import { failsQuality, heldOutShare, isBeyond } from './held-out-shares.ts';
import { type MeasuredNonLesion, measureOutOfDistribution } from './measure-out-of-distribution.ts';
import { measurePredictionSets } from './measure-prediction-sets.ts';
import { type DegradedImages, measureQualityLimits } from './measure-quality.ts';
import { measureTriage } from './measure-triage.ts';

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

/** Chooses, fits and measures everything that an answer is checked with. */
export function buildAssessment(input: AssessmentInput): BuiltAssessment {
  const { images, plan, seed } = input;
  const truth = images.map(({ label }) => labelIndex(label));
  const byMethod = crossFittedScores(images, plan, seed);
  const { chosen: method, candidates } = chooseCalibration(images, byMethod);

  const held = crossFit(images, { ...plan, method }, seed);
  const fitted = fitAssessment(images, { ...plan, method });
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
    triage: measureTriage(held, fitted, seed),
    quality: measureQualityLimits(held, input.degraded, fitted, seed),
    outOfDistribution: measureOutOfDistribution(held, input.nonLesions, fitted, seed),
    abstainedLesions: heldOutShare(held, (one) => isBeyond(one) || failsQuality(one), seed),
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
