import { cohenKappa, matthewsCorrelation } from './agreement.ts';
import { type CalibrationBin, calibration } from './calibration-error.ts';
import { type ClassAverage, classAverage } from './class-average.ts';
import {
  type ConfusionMatrix,
  classCounts,
  confusionMatrix,
  type SampleWeights,
} from './confusion-matrix.ts';
import { checkLabelledProbabilities, topClass } from './labelled-probabilities.ts';
import { averagePrecision } from './precision-recall-curve.ts';
import { type PrecisionRecallF1, precisionRecallF1 } from './precision-recall-f1.ts';
import { brierScore, logLoss } from './probability-scores.ts';
import { rankSamples } from './ranking.ts';
import { rocAuc } from './roc.ts';

/** One class against the rest. A metric that its samples do not define is null. */
export interface ClassMetrics extends PrecisionRecallF1 {
  /** Samples of the class. */
  readonly support: number;
  /** Samples taken for the class. */
  readonly predicted: number;
  /** Area under the ROC curve; null where no sample, or every sample, is of the class. */
  readonly auc: number | null;
  /** null where no sample is of the class. */
  readonly averagePrecision: number | null;
}

export type AveragedMetrics = Readonly<
  Record<'precision' | 'recall' | 'f1' | 'auc' | 'averagePrecision', ClassAverage>
>;

/** Everything that is said of predictions; plain JSON without NaN or Infinity. */
export interface ClassificationReport {
  readonly samples: number;
  /** Share of right decisions, 0 .. 1. */
  readonly accuracy: number;
  /** Mean recall over the classes that have samples (`macro.recall`), 0 .. 1. */
  readonly balancedAccuracy: number;
  /** In the order of the classes. */
  readonly perClass: readonly ClassMetrics[];
  /** Each class counts the same. */
  readonly macro: AveragedMetrics;
  /** Each class counts by its support. */
  readonly weighted: AveragedMetrics;
  /** Rows are the truth, columns the decision. */
  readonly confusion: ConfusionMatrix;
  /** Nats a sample. */
  readonly logLoss: number;
  /** Summed over classes: 0 .. 2. */
  readonly brier: number;
  /** 15 equal-width bins on the top score. */
  readonly expectedCalibrationError: number;
  /** The bins, for a reliability diagram. */
  readonly calibrationBins: readonly CalibrationBin[];
  readonly cohenKappa: number | null;
  readonly matthewsCorrelation: number | null;
}

export interface ReportOptions {
  /**
   * The decision a sample, where it is not the class of the highest score (a uniform prior,
   * thresholds). Accuracy, precision, recall, F1, confusion, kappa and Matthews follow it;
   * AUC, average precision, log loss, Brier and calibration are about the probabilities.
   */
  readonly predicted?: readonly number[];
}

/**
 * Scores predictions. Definitions are scikit-learn's; what it warns about and replaces by 0 or nan
 * (precision of a class never predicted, AUC of an absent one) is null here, and averages are over
 * the classes that remain and say how many those are.
 *
 * @param truth class indices in 0 .. k-1, one a sample.
 * @param probabilities `[sample][class]`, 0 .. 1, rows summing to 1 within 1e-3.
 * @throws RangeError that names the row where lengths, classes or probabilities are wrong.
 */
export function classificationReport(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
  options: ReportOptions = {},
): ClassificationReport {
  return createReporter(truth, probabilities, options)();
}

/**
 * The same, for many weightings of the same samples: checks and sorts once.
 * The weights say how often each sample counts; they are whole numbers, not all zero.
 *
 * @throws RangeError as {@link classificationReport}.
 */
export function createReporter(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
  options: ReportOptions = {},
): (weights?: SampleWeights) => ClassificationReport {
  const classes = checkLabelledProbabilities(truth, probabilities, options.predicted);
  const predicted = options.predicted ?? probabilities.map(topClass);
  const rankings = Array.from({ length: classes }, (_, k) =>
    rankSamples(truth, (i) => probabilities[i]![k]!, k),
  );
  return (weights) => {
    const confusion = confusionMatrix(truth, predicted, classes, weights);
    const counts = classCounts(confusion);
    const samples = counts.reduce((sum, { support }) => sum + support, 0);
    const perClass = counts.map(
      (count, k): ClassMetrics => ({
        support: count.support,
        predicted: count.predicted,
        ...precisionRecallF1(count),
        auc: rocAuc(rankings[k]!, weights),
        averagePrecision: averagePrecision(rankings[k]!, weights),
      }),
    );
    const macro = averages(perClass);
    const { expectedCalibrationError, bins } = calibration(truth, probabilities, weights);
    return {
      samples,
      accuracy: counts.reduce((sum, { truePositives }) => sum + truePositives, 0) / samples,
      balancedAccuracy: macro.recall.value!,
      perClass,
      macro,
      weighted: averages(
        perClass,
        counts.map(({ support }) => support),
      ),
      confusion,
      logLoss: logLoss(truth, probabilities, weights),
      brier: brierScore(truth, probabilities, weights),
      expectedCalibrationError,
      calibrationBins: bins,
      cohenKappa: cohenKappa(confusion),
      matthewsCorrelation: matthewsCorrelation(confusion),
    };
  };
}

function averages(perClass: readonly ClassMetrics[], weights?: readonly number[]): AveragedMetrics {
  const average = (metric: keyof AveragedMetrics) =>
    classAverage(
      perClass.map((metrics) => metrics[metric]),
      weights,
    );
  return {
    precision: average('precision'),
    recall: average('recall'),
    f1: average('f1'),
    auc: average('auc'),
    averagePrecision: average('averagePrecision'),
  };
}
