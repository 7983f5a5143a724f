import { HAM10000 } from '../taxonomy/ham10000.ts';
import { mayBeUnseen, type UnseenThreshold, unseenScore } from './unseen.ts';

// For what does not take the classes from the version yet.

export function squamousScore(scores: readonly number[], against?: readonly string[]): number {
  return unseenScore(scores, HAM10000, against)!;
}

export function mayBeSquamous(
  scores: readonly number[],
  threshold: UnseenThreshold | undefined,
  operatingPoint: string,
): boolean {
  return mayBeUnseen(scores, threshold, operatingPoint, HAM10000);
}
