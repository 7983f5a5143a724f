import type { Calibration } from '@naevus/shared/answer/probabilities';
import { countLesions } from '../../data/load/count-lesions.ts';
import { classCount, labelIndex, labels } from '../../taxonomy/current.ts';
import {
  type BootstrapIntervals,
  bootstrapIntervals,
  bootstrapStatistics,
  type Interval,
} from './bootstrap.ts';
import { type ClassificationReport, classificationReport } from './classification-report.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import { decisionFigures } from './decision-figures.ts';
import { topClass } from './labelled-probabilities.ts';
import { underUniformPrior } from './uniform-prior.ts';

/** An image with its diagnosis and the scores it was given. */
export interface ScoredImage {
  readonly imageId: string;
  readonly label: string;
  /** Images of one lesion share it; null where it is not known. */
  readonly lesionId: string | null;
  /** In the order of the labels; they sum to 1. */
  readonly scores: readonly number[];
}

/** What the decisions alone are worth. */
export type DecisionMetrics = Pick<
  ClassificationReport,
  'accuracy' | 'balancedAccuracy' | 'confusion' | 'cohenKappa' | 'matthewsCorrelation'
> & {
  readonly macroF1: number | null;
  readonly recall: readonly (number | null)[];
  readonly precision: readonly (number | null)[];
  readonly f1: readonly (number | null)[];
  readonly intervals: {
    readonly headline: Readonly<Record<'accuracy' | 'balancedAccuracy' | 'macroF1', Interval>>;
    readonly perClass: readonly Readonly<Record<'precision' | 'recall' | 'f1', Interval>>[];
  };
};

/** `metrics.json`: plain JSON, lists in the order of `labels`. */
export interface MetricsReport {
  readonly schemaVersion: 1;
  readonly model: { readonly name: string; readonly version: string };
  /** Engine and version that computed the scores. */
  readonly engine: string;
  /** What was scored. */
  readonly data: {
    readonly name: string;
    readonly sha256: string;
    readonly images: number;
    readonly lesions: number;
    /** Images that could not be decoded and are in no figure. */
    readonly unreadable: readonly { readonly imageId: string; readonly reason: string }[];
  };
  readonly labels: readonly string[];
  /** Class distribution that the scores assume. */
  readonly prior: Readonly<Record<string, number>>;
  readonly calibration: Calibration;
  /** The scores as they are served, decided for the highest one. */
  readonly metrics: ClassificationReport;
  /** Of `metrics`; images of one lesion are drawn together. */
  readonly intervals: BootstrapIntervals;
  /** Decided as if every class were equally likely: for the highest ratio of score to prior. */
  readonly uniformPriorDecision: DecisionMetrics;
}

export interface MetricsContext
  extends Pick<MetricsReport, 'model' | 'engine' | 'prior' | 'calibration'> {
  readonly data: Pick<MetricsReport['data'], 'name' | 'sha256' | 'unreadable'>;
  readonly seed: number;
}

/**
 * Scores predictions with everything that is reported of them.
 *
 * @throws RangeError when there are no images, or scores are not a distribution.
 */
export function metricsReport(
  images: readonly ScoredImage[],
  context: MetricsContext,
): MetricsReport {
  const { model, engine, prior, calibration, data, seed } = context;
  const truth = images.map(({ label }) => labelIndex(label));
  const scores = images.map((image) => image.scores);
  const lesions = images.map(({ lesionId }) => lesionId);
  const uniform = scores.map((row) => topClass(underUniformPrior(row, prior)));
  return {
    schemaVersion: 1,
    model,
    engine,
    data: {
      ...data,
      unreadable: data.unreadable.map(({ imageId, reason }) => ({ imageId, reason })),
      images: images.length,
      lesions: countLesions(images),
    },
    labels: labels(),
    prior,
    calibration: {
      temperature: calibration.temperature,
      ...(calibration.logitScale && { logitScale: calibration.logitScale }),
      logitBias: calibration.logitBias,
    },
    metrics: classificationReport(truth, scores),
    intervals: bootstrapIntervals(truth, scores, { seed, groups: lesions }),
    uniformPriorDecision: decisionMetrics(
      classificationReport(truth, scores, { predicted: uniform }),
      decisionIntervals(truth, uniform, lesions, seed),
    ),
  };
}

function decisionIntervals(
  truth: readonly number[],
  predicted: readonly number[],
  lesions: readonly (string | null)[],
  seed: number,
): DecisionMetrics['intervals'] {
  const names = ['precision', 'recall', 'f1'] as const;
  const intervals = bootstrapStatistics(
    truth.length,
    (weights) => {
      const { accuracy, balancedAccuracy, macroF1, perClass } = decisionFigures(
        confusionMatrix(truth, predicted, classCount(), weights),
      );
      const ofClasses = perClass.flatMap((metrics, k) =>
        names.map((name) => [`${name} ${k}`, metrics[name]] as const),
      );
      return { accuracy, balancedAccuracy, macroF1, ...Object.fromEntries(ofClasses) };
    },
    { seed, groups: lesions },
  ) as Record<string, Interval>;
  const { accuracy, balancedAccuracy, macroF1 } = intervals;
  return {
    headline: { accuracy: accuracy!, balancedAccuracy: balancedAccuracy!, macroF1: macroF1! },
    perClass: labels().map((_, k) => ({
      precision: intervals[`precision ${k}`]!,
      recall: intervals[`recall ${k}`]!,
      f1: intervals[`f1 ${k}`]!,
    })),
  };
}

function decisionMetrics(
  report: ClassificationReport,
  intervals: DecisionMetrics['intervals'],
): DecisionMetrics {
  const { accuracy, balancedAccuracy, confusion, cohenKappa, matthewsCorrelation } = report;
  return {
    accuracy,
    balancedAccuracy,
    macroF1: report.macro.f1.value,
    recall: report.perClass.map(({ recall }) => recall),
    precision: report.perClass.map(({ precision }) => precision),
    f1: report.perClass.map(({ f1 }) => f1),
    cohenKappa,
    matthewsCorrelation,
    confusion,
    intervals,
  };
}

/** The headline figures in a few lines, for people at a terminal. */
export function describeMetrics({
  metrics,
  intervals,
  data,
  uniformPriorDecision,
}: MetricsReport): string {
  const { headline } = intervals;
  const figure = (value: number | null, interval?: { low: number | null; high: number | null }) => {
    if (value === null) return 'not defined';
    const bounds =
      interval && interval.low !== null && interval.high !== null
        ? ` (95 % interval ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})`
        : '';
    return `${value.toFixed(3)}${bounds}`;
  };
  const lines = [
    `${data.images} images of ${data.lesions} lesions${data.unreadable.length > 0 ? `; ${data.unreadable.length} more could not be read` : ''}`,
    `accuracy           ${figure(metrics.accuracy, headline.accuracy)}`,
    `balanced accuracy  ${figure(metrics.balancedAccuracy, headline.balancedAccuracy)}`,
    `  uniform prior    ${figure(uniformPriorDecision.balancedAccuracy, uniformPriorDecision.intervals.headline.balancedAccuracy)}`,
    `macro F1           ${figure(metrics.macro.f1.value, headline.macroF1)}`,
    `macro AUC          ${figure(metrics.macro.auc.value, headline.macroAuc)}`,
    `log loss           ${figure(metrics.logLoss, headline.logLoss)}`,
    `calibration error  ${figure(metrics.expectedCalibrationError, headline.expectedCalibrationError)}`,
    '',
    'class   images  recall  precision  AUC',
    ...metrics.perClass.map(({ support, recall, precision, auc }, k) =>
      [
        labels()[k]!.padEnd(6),
        String(support).padStart(7),
        short(recall).padStart(7),
        short(precision).padStart(10),
        short(auc).padStart(6),
      ].join(' '),
    ),
  ];
  return lines.join('\n');
}

function short(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
