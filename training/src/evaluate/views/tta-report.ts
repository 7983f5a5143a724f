import type { ConformityScore } from '@naevus/shared/answer/prediction-set';
import { COVERAGES, conformalSet, DEFAULT_COVERAGE } from '@naevus/shared/answer/prediction-set';
import { scores } from '@naevus/shared/answer/probabilities';
import { TTA_CHOICES, type TtaViews } from '@naevus/shared/network/test-time-augmentation';
import { countLesions } from '../../data/load/count-lesions.ts';
import { classCount, criticalClasses, isBenign, labelIndex } from '../../taxonomy/current.ts';
import type { FittedAssessment } from '../assessment/fit-assessment.ts';
import { isFlagged } from '../assessment/flagged.ts';
import { bootstrapStatistics } from '../metrics/bootstrap.ts';
import { createReporter } from '../metrics/classification-report.ts';
import { confusionMatrix, type SampleWeights } from '../metrics/confusion-matrix.ts';
import { decisionFigures } from '../metrics/decision-figures.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import type { Estimate } from '../metrics/subgroups.ts';
import { underUniformPrior } from '../metrics/uniform-prior.ts';
import type { ViewLogits } from './view-logits.ts';

/** What is measured for each number of views. */
export const TTA_FIGURES = [
  'accuracy',
  'balancedAccuracy',
  'accuracyUniformPrior',
  'balancedAccuracyUniformPrior',
  'macroAuc',
  'logLoss',
  'expectedCalibrationError',
  /** Of prediction sets at 90 %. */
  'coverage90',
  /** Images of critical classes, such as melanoma, at or above the threshold of the default operating point, and benign lesions below it. */
  'melanomaSensitivity',
  'specificity',
] as const;

export type TtaFigure = (typeof TTA_FIGURES)[number];

/** `test-time-augmentation.json`: what test-time augmentation is worth, with everything fitted as it is served. */
export interface TtaReport extends MeasuredViews {
  readonly schemaVersion: 1;
  readonly confidence: 0.95;
  readonly resamples: number;
  readonly seed: number;
  /** Of lesions from other sources, where there are any: accuracies, losses and areas are of their own class mix. */
  readonly abroad?: MeasuredViews;
}

export interface MeasuredViews {
  readonly images: number;
  readonly lesions: number;
  readonly byViews: readonly {
    readonly views: TtaViews;
    /** Times that the network is run for one picture, and so times as long as inference for one view. */
    readonly networkRuns: number;
    readonly figures: Readonly<Record<TtaFigure, Estimate>>;
    /** Less the figures of one view, both on the same resamples of lesions; null for one view. */
    readonly difference: Readonly<Record<TtaFigure, Estimate>> | null;
  }[];
}

/** An image that was not trained on, as it was seen in all views. */
export interface ViewedImage {
  readonly label: string;
  /** null: a lesion of its own. */
  readonly lesionId: string | null;
  readonly logits: ViewLogits;
  /** On single views of other lesions: what is served with one view is served with more. */
  readonly fitted: Pick<
    FittedAssessment,
    'calibration' | 'quantiles' | 'thresholds' | 'squamousThreshold'
  >;
}

export interface TtaOptions {
  readonly prior: Readonly<Record<string, number>>;
  readonly conformity: ConformityScore;
  readonly seed: number;
  /** 1000 unless told. */
  readonly resamples?: number;
}

const ROW_90 = COVERAGES.indexOf(DEFAULT_COVERAGE);

/**
 * Measures each number of views on the same images, and their differences to one view on the same resamples.
 *
 * @param abroad images of other sources than home
 */
export function ttaReport(
  images: readonly ViewedImage[],
  options: TtaOptions,
  abroad: readonly ViewedImage[] = [],
): TtaReport {
  const { seed, resamples = 1000 } = options;
  return {
    schemaVersion: 1,
    confidence: 0.95,
    resamples,
    seed,
    ...measureViews(images, options),
    ...(abroad.length > 0 && { abroad: measureViews(abroad, options) }),
  };
}

function measureViews(images: readonly ViewedImage[], options: TtaOptions): MeasuredViews {
  const { seed, resamples = 1000 } = options;
  const measures = TTA_CHOICES.map((views) => measure(images, views, options));
  type Key = `${TtaViews} ${TtaFigure}` | `${TtaViews} - 1 ${TtaFigure}`;
  const statistics = (weights: SampleWeights) => {
    const all = {} as Record<Key, number | null>;
    const measured = measures.map((figures) => figures(weights));
    for (const [i, views] of TTA_CHOICES.entries()) {
      for (const figure of TTA_FIGURES) {
        const [value, single] = [measured[i]![figure], measured[0]![figure]];
        all[`${views} ${figure}`] = value;
        all[`${views} - 1 ${figure}`] = value === null || single === null ? null : value - single;
      }
    }
    return all;
  };
  const values = statistics(new Uint8Array(images.length).fill(1));
  const intervals = bootstrapStatistics(images.length, statistics, {
    seed,
    resamples,
    groups: images.map(({ lesionId }) => lesionId),
  });
  const estimates = (key: (figure: TtaFigure) => Key) =>
    Object.fromEntries(
      TTA_FIGURES.map((figure) => [
        figure,
        { value: values[key(figure)], interval: intervals[key(figure)] },
      ]),
    ) as unknown as Record<TtaFigure, Estimate>;
  return {
    images: images.length,
    lesions: countLesions(images),
    byViews: TTA_CHOICES.map((views) => ({
      views,
      networkRuns: views,
      figures: estimates((figure) => `${views} ${figure}`),
      difference: views === 1 ? null : estimates((figure) => `${views} - 1 ${figure}`),
    })),
  };
}

/** The figures of one number of views, for any weighting of the images. */
function measure(
  images: readonly ViewedImage[],
  views: TtaViews,
  { prior, conformity }: TtaOptions,
): (weights: SampleWeights) => Record<TtaFigure, number | null> {
  const truth = images.map(({ label }) => labelIndex(label));
  const rows = images.map(({ logits, fitted }) => scores(logits[views], fitted.calibration));
  const report = createReporter(truth, rows);
  const decided = rows.map((row) => topClass(underUniformPrior(row, prior)));
  const covered = images.map(({ label, fitted }, i) =>
    conformalSet(rows[i]!, conformity, fitted.quantiles[conformity][ROW_90]!).classes.includes(
      labelIndex(label),
    ),
  );
  const flagged = images.map(({ fitted }, i) => isFlagged(rows[i]!, fitted));
  const critical = criticalClasses();
  const benign = images.map(({ label }) => isBenign(label));
  return (weights) => {
    const served = report(weights);
    const uniform = decisionFigures(confusionMatrix(truth, decided, classCount(), weights));
    return {
      accuracy: served.accuracy,
      balancedAccuracy: served.balancedAccuracy,
      accuracyUniformPrior: uniform.accuracy,
      balancedAccuracyUniformPrior: uniform.balancedAccuracy,
      macroAuc: served.macro.auc.value,
      logLoss: served.logLoss,
      expectedCalibrationError: served.expectedCalibrationError,
      coverage90: share(
        weights,
        () => true,
        (i) => covered[i]!,
      ),
      melanomaSensitivity: share(
        weights,
        (i) => critical[truth[i]!]!,
        (i) => flagged[i]!,
      ),
      specificity: share(
        weights,
        (i) => benign[i]!,
        (i) => !flagged[i],
      ),
    };
  };
}

/** Of the images that count, how many hold; null where none counts. */
function share(
  weights: SampleWeights,
  counts: (i: number) => boolean,
  holds: (i: number) => boolean,
): number | null {
  let [all, hits] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    if (!counts(i)) continue;
    all += weights[i]!;
    if (holds(i)) hits += weights[i]!;
  }
  return all === 0 ? null : hits / all;
}
