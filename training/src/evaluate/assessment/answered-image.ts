import {
  COVERAGES,
  type ConformityScore,
  conformalSet,
  DEFAULT_COVERAGE,
} from '@naevus/shared/answer/prediction-set';
import { checkQuality } from '@naevus/shared/image/image-quality';
import { labels, malignantScore } from '../../taxonomy/current.ts';
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
  /** 0 where the classes have no risk groups. */
  readonly malignantScore: number;
  /** The prediction set at 90 %. */
  readonly set: readonly string[];
  /** The malignant score reaches the default operating point, or a diagnosis outside the classes is not excluded; whether the answer abstains or not. */
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
    set: conformalSet(scores, conformity, fit.quantiles[conformity][ROW_90]!).classes.map(
      (k) => labels()[k]!,
    ),
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
