import { HAM10000 } from '../taxonomy/ham10000.ts';
import { mayBeUnseen, unseenScore } from './unseen.ts';

// For what does not take the classes from the version yet.

export function squamousScore(scores: readonly number[]): number {
  return unseenScore(scores, HAM10000)!;
}

export function mayBeSquamous(
  scores: readonly number[],
  threshold: number | undefined,
  operatingPoint: string,
): boolean {
  return mayBeUnseen(scores, threshold, operatingPoint, HAM10000);
}
