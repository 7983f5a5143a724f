import { mayBeUnseen } from '@naevus/shared/answer/unseen';
import { defaultOperatingPoint, malignantScore, taxonomy } from '../../taxonomy/current.ts';
import type { FittedAssessment } from './fit-assessment.ts';

/** The parts of a fit that decide it. */
export type FlaggingFit = Pick<FittedAssessment, 'thresholds' | 'squamousThreshold'>;

/** Whether somebody is to look after an image of these scores, whether the answer abstains or not. */
export function isFlagged(
  scores: readonly number[],
  { thresholds, squamousThreshold }: FlaggingFit,
  operatingPoint: string = defaultOperatingPoint(),
): boolean {
  return (
    malignantScore(scores) >= (thresholds[operatingPoint] ?? Number.POSITIVE_INFINITY) ||
    mayBeUnseen(scores, squamousThreshold, operatingPoint, taxonomy())
  );
}
