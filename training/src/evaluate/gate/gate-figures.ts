import {
  classCount,
  criticalName,
  hasCritical,
  labelIndex,
  taxonomy,
} from '../../taxonomy/current.ts';
import { calibration } from '../metrics/calibration-error.ts';
import { classAverage } from '../metrics/class-average.ts';
import { classCounts, confusionMatrix, type SampleWeights } from '../metrics/confusion-matrix.ts';
import { criticalRecall } from '../metrics/critical-recall.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import { logLoss } from '../metrics/probability-scores.ts';
import { underUniformPrior } from '../metrics/uniform-prior.ts';

/** What the gate looks at, of all classes or of the critical ones; `uniform prior: figures decided as if every class were equally likely. */
export const GATE_FIGURES = {
  balancedAccuracy: { of: 'balanced accuracy, uniform prior', better: 'higher', critical: false },
  melanomaSensitivity: { of: 'uniform prior', better: 'higher', critical: true },
  melanomaSensitivityServed: { of: 'as served', better: 'higher', critical: true },
  logLoss: { of: 'log loss, as served', better: 'lower', critical: false },
  calibrationError: { of: 'calibration error (ECE), as served', better: 'lower', critical: false },
} as const;

export type GateFigure = keyof typeof GATE_FIGURES;

/** The figures that these classes have: without a critical class there is none of it. */
export function gateFigureNames(): GateFigure[] {
  const names = Object.keys(GATE_FIGURES) as GateFigure[];
  return names.filter((name) => hasCritical() || !GATE_FIGURES[name].critical);
}

/** A figure in words: `melanoma sensitivity, as served`. */
export function gateFigureTitle(name: GateFigure): string {
  const { of, critical } = GATE_FIGURES[name];
  return critical ? `${criticalName()} sensitivity, ${of}` : of;
}

/** A figure of some images, each counting as often as its weight says; null where they do not define it. */
export type FigureOf = (weights?: SampleWeights) => number | null;

/** Whose figures: scores with their truth, and the class distribution that the scores assume. */
export interface ScoredSet {
  readonly labels: readonly string[];
  readonly scores: readonly (readonly number[])[];
  readonly prior: Readonly<Record<string, number>>;
}

/**
 * The figures of scores, each to be computed for many weightings of the same images.
 *
 * @param classes that the balanced accuracy is over; left out, all that have images
 */
export function gateFigures(
  { labels, scores, prior }: ScoredSet,
  classes: readonly number[] = taxonomy().classes.map((_, k) => k),
): Readonly<Record<GateFigure, FigureOf>> {
  const truth = labels.map(labelIndex);
  const served = scores.map(topClass);
  const uniform = scores.map((row) => topClass(underUniformPrior(row, prior)));
  const recalls = (predicted: readonly number[], weights?: SampleWeights) =>
    classCounts(confusionMatrix(truth, predicted, classCount(), weights)).map(
      ({ truePositives, support }) => (support === 0 ? null : truePositives / support),
    );
  return {
    balancedAccuracy(weights) {
      const recall = recalls(uniform, weights);
      return classAverage(classes.map((k) => recall[k]!)).value;
    },
    melanomaSensitivity: (weights) => criticalRecall(truth, uniform, weights),
    melanomaSensitivityServed: (weights) => criticalRecall(truth, served, weights),
    logLoss: (weights) => logLoss(truth, scores, weights),
    calibrationError: (weights) => calibration(truth, scores, weights).expectedCalibrationError,
  };
}
