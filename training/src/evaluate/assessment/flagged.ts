import {
  DEFAULT_OPERATING_POINT,
  malignantScore,
  type OperatingPoint,
} from '@naevus/shared/answer/operating-point';
import { mayBeSquamous } from '@naevus/shared/answer/squamous';
import type { FittedAssessment } from './fit-assessment.ts';

/** The parts of a fit that decide it. */
export type FlaggingFit = Pick<FittedAssessment, 'thresholds' | 'squamousThreshold'>;

/** Whether somebody is to look after an image of these scores, whether the answer abstains or not. */
export function isFlagged(
  scores: readonly number[],
  { thresholds, squamousThreshold }: FlaggingFit,
  operatingPoint: OperatingPoint = DEFAULT_OPERATING_POINT,
): boolean {
  return (
    malignantScore(scores) >= thresholds[operatingPoint] ||
    mayBeSquamous(scores, squamousThreshold, operatingPoint)
  );
}
