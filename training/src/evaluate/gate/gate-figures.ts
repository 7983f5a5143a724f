import { LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy';
import { calibration } from '../metrics/calibration-error.ts';
import { classAverage } from '../metrics/class-average.ts';
import { classCounts, confusionMatrix, type SampleWeights } from '../metrics/confusion-matrix.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import { logLoss } from '../metrics/probability-scores.ts';
import { underUniformPrior } from '../metrics/uniform-prior.ts';

/** What the gate looks at; `uniform prior: figures decided as if every class were equally likely. */
export const GATE_FIGURES = {
  balancedAccuracy: { title: 'balanced accuracy, uniform prior', better: 'higher' },
  melanomaSensitivity: { title: 'melanoma sensitivity, uniform prior', better: 'higher' },
  melanomaSensitivityServed: { title: 'melanoma sensitivity, as served', better: 'higher' },
  logLoss: { title: 'log loss, as served', better: 'lower' },
  calibrationError: { title: 'calibration error (ECE), as served', better: 'lower' },
} as const;

export type GateFigure = keyof typeof GATE_FIGURES;

/** A figure of some images, each counting as often as its weight says; null where they do not define it. */
export type FigureOf = (weights?: SampleWeights) => number | null;

/** Whose figures: scores with their truth, and the class distribution that the scores assume. */
export interface ScoredSet {
  readonly labels: readonly Label[];
  readonly scores: readonly (readonly number[])[];
  readonly prior: Readonly<Record<Label, number>>;
}

const MELANOMA = labelIndex('mel');

/**
 * The figures of scores, each to be computed for many weightings of the same images.
 *
 * @param classes that the balanced accuracy is over; left out, all that have images
 */
export function gateFigures(
  { labels, scores, prior }: ScoredSet,
  classes: readonly number[] = LABELS.map(labelIndex),
): Readonly<Record<GateFigure, FigureOf>> {
  const truth = labels.map(labelIndex);
  const served = scores.map(topClass);
  const uniform = scores.map((row) => topClass(underUniformPrior(row, prior)));
  const recalls = (predicted: readonly number[], weights?: SampleWeights) =>
    classCounts(confusionMatrix(truth, predicted, LABELS.length, weights)).map(
      ({ truePositives, support }) => (support === 0 ? null : truePositives / support),
    );
  return {
    balancedAccuracy(weights) {
      const recall = recalls(uniform, weights);
      return classAverage(classes.map((k) => recall[k]!)).value;
    },
    melanomaSensitivity: (weights) => recalls(uniform, weights)[MELANOMA]!,
    melanomaSensitivityServed: (weights) => recalls(served, weights)[MELANOMA]!,
    logLoss: (weights) => logLoss(truth, scores, weights),
    calibrationError: (weights) => calibration(truth, scores, weights).expectedCalibrationError,
  };
}
