import {
  classCount,
  criticalClasses,
  criticalScore,
  isBenign,
  isMalignant,
  labelIndex,
  labels,
} from '../../taxonomy/current.ts';
import { type Answer, abstains } from '../assessment/answered-image.ts';
import { createReporter } from '../metrics/classification-report.ts';
import { confusionMatrix, type SampleWeights } from '../metrics/confusion-matrix.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import { rankSamples } from '../metrics/ranking.ts';
import { rocAuc } from '../metrics/roc.ts';
import { underUniformPrior } from '../metrics/uniform-prior.ts';

/** An image of a class, and what it is answered. */
export interface AnsweredImage {
  readonly imageId: string;
  readonly label: string;
  /** Images of one lesion share it; null where it is not known. */
  readonly lesionId: string | null;
  readonly source: string;
  readonly answer: Answer;
  /** Where thresholds were fitted in several ways: the share of them that the answer is above. */
  readonly flaggedShare?: number;
}

/** What is measured of each source. Shares and areas from 0 to 1. */
export const SOURCE_FIGURES = [
  'accuracy',
  /** Mean recall over the classes with at least {@link FEWEST_IMAGES} images, decided under a uniform prior. */
  'balancedAccuracyUniformPrior',
  'accuracyUniformPrior',
  'macroAuc',
  /** Figures of melanoma are those of the critical classes, whatever they are called. */
  'melanomaAuc',
  'malignantAuc',
  'melanomaRecallUniformPrior',
  'melanomaSpecificityUniformPrior',
  'logLoss',
  'expectedCalibrationError',
  /** Of prediction sets at 90 %. */
  'coverage90',
  'setSize',
  /** At the default operating point, whether the answer abstains or not. */
  'melanomaSensitivity',
  'malignantSensitivity',
  'specificity',
  'abstained',
  'abstainedForQuality',
  'abstainedForDistance',
  'abstainedForModality',
] as const;

export type SourceFigure = (typeof SOURCE_FIGURES)[number];

export type SourceFigures = Readonly<Record<SourceFigure, number | null>>;

/** A class with fewer images is in no average over classes. */
export const FEWEST_IMAGES = 15;

/**
 * The figures of some images, for any weighting of them; null where the images do not define one.
 *
 * @param prior class distribution that the scores assume
 */
export function sourceFigures(
  images: readonly AnsweredImage[],
  prior: Readonly<Record<string, number>>,
): (weights?: SampleWeights) => SourceFigures {
  const truth = images.map(({ label }) => labelIndex(label));
  const rows = images.map(({ answer }) => answer.scores);
  const report = createReporter(truth, rows);
  const uniform = rows.map((row) => topClass(underUniformPrior(row, prior)));
  const counted = labels().map((_, k) => truth.filter((one) => one === k).length >= FEWEST_IMAGES);
  const malignant = images.map(({ label }) => (isMalignant(label) ? 1 : 0));
  const benign = images.map(({ label }) => isBenign(label));
  const critical = criticalClasses();
  const isCritical = (k: number) => critical[k]!;
  const byCritical = rankSamples(
    truth.map((k) => Number(isCritical(k))),
    (i) => criticalScore(rows[i]!),
    1,
  );
  const byMalignant = rankSamples(malignant, (i) => images[i]!.answer.malignantScore, 1);
  const ofCritical = (i: number) => isCritical(truth[i]!);
  const above = (i: number) => images[i]!.flaggedShare ?? Number(images[i]!.answer.aboveThreshold);
  const all = () => true;
  const abstention = (i: number) => images[i]!.answer.abstention;
  const shares = Object.entries({
    accuracyUniformPrior: [all, (i) => uniform[i] === truth[i]],
    melanomaRecallUniformPrior: [ofCritical, (i) => uniform[i] === truth[i]],
    melanomaSpecificityUniformPrior: [(i) => !ofCritical(i), (i) => !isCritical(uniform[i]!)],
    coverage90: [all, (i) => images[i]!.answer.set.includes(images[i]!.label)],
    setSize: [all, (i) => images[i]!.answer.set.length],
    melanomaSensitivity: [ofCritical, above],
    malignantSensitivity: [(i) => malignant[i] === 1, above],
    specificity: [(i) => benign[i]!, (i) => 1 - above(i)],
    abstained: [all, (i) => abstains(abstention(i))],
    abstainedForQuality: [all, (i) => abstention(i).quality],
    abstainedForDistance: [all, (i) => abstention(i).distance],
    abstainedForModality: [all, (i) => abstention(i).modality],
  } satisfies Partial<
    Record<SourceFigure, readonly [OfImage<boolean>, OfImage<boolean | number>]>
  >).map(([name, [counts, value]]) => [name, countedValues(images.length, counts, value)] as const);

  return (weights = new Uint8Array(images.length).fill(1)) => {
    const served = report(weights);
    const matrix = confusionMatrix(truth, uniform, classCount(), weights);
    const recall = matrix.map((row, k) => {
      const support = row.reduce((sum, count) => sum + count, 0);
      return support === 0 || !counted[k] ? null : row[k]! / support;
    });
    const aucs = served.perClass.map(({ auc }, k) => (counted[k] ? auc : null));
    return {
      ...(Object.fromEntries(
        shares.map(([name, values]) => [name, weightedMean(weights, values)]),
      ) as Record<(typeof shares)[number][0] & SourceFigure, number | null>),
      accuracy: served.accuracy,
      balancedAccuracyUniformPrior: mean(recall),
      macroAuc: mean(aucs),
      melanomaAuc: rocAuc(byCritical, weights),
      malignantAuc: rocAuc(byMalignant, weights),
      logLoss: served.logLoss,
      expectedCalibrationError: served.expectedCalibrationError,
    };
  };
}

type OfImage<T> = (i: number) => T;

/** Which images count, and the value of each: worked out once for all resamples. */
interface CountedValues {
  readonly images: Uint32Array;
  readonly values: Float64Array;
}

function countedValues(
  size: number,
  counts: OfImage<boolean>,
  value: OfImage<boolean | number>,
): CountedValues {
  const images = Uint32Array.from({ length: size }, (_, i) => i).filter((i) => counts(i));
  return { images, values: Float64Array.from(images, (i) => Number(value(i))) };
}

/** Mean of what is defined; null where nothing is. */
function mean(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  if (defined.length === 0) return null;
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** Of the images that count; null where none does. */
function weightedMean(weights: SampleWeights, { images, values }: CountedValues): number | null {
  let [all, sum] = [0, 0];
  for (let k = 0; k < images.length; k++) {
    const weight = weights[images[k]!]!;
    all += weight;
    sum += values[k]! * weight;
  }
  return all === 0 ? null : sum / all;
}
