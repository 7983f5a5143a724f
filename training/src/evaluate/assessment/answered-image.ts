import { malignantScore } from '@naevus/shared/answer/operating-point';
import {
  COVERAGES,
  type ConformityScore,
  DEFAULT_COVERAGE,
  predictionSet,
} from '@naevus/shared/answer/prediction-set';
import { checkQuality } from '@naevus/shared/image/image-quality';
import type { Label } from '@naevus/shared/taxonomy';
import type { MeasuredImage } from './assessed-image.ts';
import type { FittedAssessment } from './fit-assessment.ts';
import { isFlagged } from './flagged.ts';

/** Why an answer abstains. */
export interface Abstention {
  readonly quality: boolean;
  readonly distance: boolean;
  readonly modality: boolean;
}

/** What an answer says, as far as it is counted. */
export interface Answer {
  readonly scores: readonly number[];
  readonly malignantScore: number;
  /** The prediction set at 90 %. */
  readonly set: readonly Label[];
  /** The malignant score reaches the default operating point, or squamous cell carcinoma is not excluded; whether the answer abstains or not. */
  readonly aboveThreshold: boolean;
  readonly abstention: Abstention;
}

/** The parts of a fit that an answer needs; versions before 1.0.0 have no threshold of the modality. */
export type AnsweringFit = Pick<
  FittedAssessment,
  | 'quantiles'
  | 'thresholds'
  | 'qualityLimits'
  | 'distanceThreshold'
  | 'modalityThreshold'
  | 'squamousThreshold'
>;

const ROW_90 = COVERAGES.indexOf(DEFAULT_COVERAGE);

/** The answer to an image, of given scores, as a fit has it. */
export function answerTo(
  image: Pick<MeasuredImage, 'quality' | 'distance' | 'dermoscopic'>,
  scores: readonly number[],
  fit: AnsweringFit,
  conformity: ConformityScore,
): Answer {
  const score = malignantScore(scores);
  return {
    scores,
    malignantScore: score,
    set: predictionSet(scores, conformity, fit.quantiles[conformity][ROW_90]!),
    aboveThreshold: isFlagged(scores, fit),
    abstention: abstentionOf(image, fit),
  };
}

/** For which of its reasons the answer to an image abstains. */
export function abstentionOf(
  { quality, distance, dermoscopic }: Pick<MeasuredImage, 'quality' | 'distance' | 'dermoscopic'>,
  fit: Pick<FittedAssessment, 'qualityLimits' | 'distanceThreshold' | 'modalityThreshold'>,
): Abstention {
  return {
    quality: checkQuality(quality, fit.qualityLimits).some(({ passed }) => !passed),
    distance: distance > fit.distanceThreshold,
    modality:
      dermoscopic !== undefined &&
      fit.modalityThreshold !== undefined &&
      dermoscopic < fit.modalityThreshold,
  };
}

export function abstains({ quality, distance, modality }: Abstention): boolean {
  return quality || distance || modality;
}

/** The word of triage that nobody needs to look after: below the threshold, and answered. */
export function isRoutine({ aboveThreshold, abstention }: Answer): boolean {
  return !aboveThreshold && !abstains(abstention);
}
