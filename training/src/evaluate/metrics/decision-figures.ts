import { classAverage } from './class-average.ts';
import { type ConfusionMatrix, classCounts } from './confusion-matrix.ts';
import { type PrecisionRecallF1, precisionRecallF1 } from './precision-recall-f1.ts';

/** What decisions alone are worth, without the scores behind them. */
export interface DecisionFigures {
  readonly accuracy: number;
  /** Mean recall over the classes that have samples. */
  readonly balancedAccuracy: number;
  readonly macroF1: number;
  readonly perClass: readonly PrecisionRecallF1[];
}

/** Definitions as in `classificationReport`, cheap enough for the resamples of a bootstrap; at least one sample. */
export function decisionFigures(confusion: ConfusionMatrix): DecisionFigures {
  const counts = classCounts(confusion);
  const perClass = counts.map(precisionRecallF1);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    accuracy:
      sum(counts.map(({ truePositives }) => truePositives)) /
      sum(counts.map(({ support }) => support)),
    balancedAccuracy: classAverage(perClass.map(({ recall }) => recall)).value!,
    macroF1: classAverage(perClass.map(({ f1 }) => f1)).value!,
    perClass,
  };
}
