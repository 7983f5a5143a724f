import {
  DEFAULT_OPERATING_POINT,
  malignantScore,
  type OperatingPoint,
} from '@naevus/shared/answer/operating-point';
import { mayBeSquamous } from '@naevus/shared/answer/squamous';
import type { FittedAssessment } from './fit-assessment.ts';

/** Whether somebody is to look after an image of these scores, whether the answer abstains or not. */
export function isFlagged(
  scores: readonly number[],
  { thresholds, squamousThreshold }: Pick<FittedAssessment, 'thresholds' | 'squamousThreshold'>,
  operatingPoint: OperatingPoint = DEFAULT_OPERATING_POINT,
): boolean {
  return (
    malignantScore(scores) >= thresholds[operatingPoint] ||
    mayBeSquamous(scores, squamousThreshold, operatingPoint)
  );
}
