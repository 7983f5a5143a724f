import { MALIGNANT_LABELS } from '@naevus/shared/answer/operating-point';
import { LABELS, type Label, LESION_CLASSES, labelIndex } from '@naevus/shared/taxonomy';
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
  readonly label: Label;
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

const MELANOMA = labelIndex('mel');

/**
 * The figures of some images, for any weighting of them; null where the images do not define one.
 *
 * @param prior class distribution that the scores assume
 */
export function sourceFigures(
  images: readonly AnsweredImage[],
  prior: Readonly<Record<Label, number>>,
): (weights?: SampleWeights) => SourceFigures {
  const truth = images.map(({ label }) => labelIndex(label));
  const rows = images.map(({ answer }) => answer.scores);
  const report = createReporter(truth, rows);
  const uniform = rows.map((row) => topClass(underUniformPrior(row, prior)));
  const counted = LABELS.map((_, k) => truth.filter((one) => one === k).length >= FEWEST_IMAGES);
  const malignant = images.map(({ label }) => (MALIGNANT_LABELS.includes(label) ? 1 : 0));
  const benign = images.map(({ label }) => LESION_CLASSES[label].risk === 'benign');
  const byMelanoma = rankSamples(truth, (i) => rows[i]![MELANOMA]!, MELANOMA);
  const byMalignant = rankSamples(malignant, (i) => images[i]!.answer.malignantScore, 1);
  const melanoma = (i: number) => truth[i] === MELANOMA;
  const above = (i: number) => images[i]!.flaggedShare ?? Number(images[i]!.answer.aboveThreshold);

  return (weights = new Uint8Array(images.length).fill(1)) => {
    const served = report(weights);
    const matrix = confusionMatrix(truth, uniform, LABELS.length, weights);
    const recall = matrix.map((row, k) => {
      const support = row.reduce((sum, count) => sum + count, 0);
      return support === 0 || !counted[k] ? null : row[k]! / support;
    });
    const aucs = served.perClass.map(({ auc }, k) => (counted[k] ? auc : null));
    const share = (of: (i: number) => boolean, holds: (i: number) => boolean | number) =>
      shareOf(weights, of, holds);
    const all = () => true;
    const abstention = (i: number) => images[i]!.answer.abstention;
    return {
      accuracy: served.accuracy,
      balancedAccuracyUniformPrior: mean(recall),
      accuracyUniformPrior: share(all, (i) => uniform[i] === truth[i]),
      macroAuc: mean(aucs),
      melanomaAuc: rocAuc(byMelanoma, weights),
      malignantAuc: rocAuc(byMalignant, weights),
      melanomaRecallUniformPrior: share(melanoma, (i) => uniform[i] === MELANOMA),
      melanomaSpecificityUniformPrior: share(
        (i) => !melanoma(i),
        (i) => uniform[i] !== MELANOMA,
      ),
      logLoss: served.logLoss,
      expectedCalibrationError: served.expectedCalibrationError,
      coverage90: share(all, (i) => images[i]!.answer.set.includes(images[i]!.label)),
      setSize: weightedMean(weights, (i) => images[i]!.answer.set.length),
      melanomaSensitivity: share(melanoma, above),
      malignantSensitivity: share((i) => malignant[i] === 1, above),
      specificity: share(
        (i) => benign[i]!,
        (i) => 1 - above(i),
      ),
      abstained: share(all, (i) => abstains(abstention(i))),
      abstainedForQuality: share(all, (i) => abstention(i).quality),
      abstainedForDistance: share(all, (i) => abstention(i).distance),
      abstainedForModality: share(all, (i) => abstention(i).modality),
    };
  };
}

/** Mean of what is defined; null where nothing is. */
function mean(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  if (defined.length === 0) return null;
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** Of the images that count, how many hold; null where none counts. */
function shareOf(
  weights: SampleWeights,
  counts: (i: number) => boolean,
  holds: (i: number) => boolean | number,
): number | null {
  let [all, hits] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    if (!counts(i)) continue;
    all += weights[i]!;
    hits += Number(holds(i)) * weights[i]!;
  }
  return all === 0 ? null : hits / all;
}

function weightedMean(weights: SampleWeights, value: (i: number) => number): number | null {
  let [all, sum] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    all += weights[i]!;
    sum += weights[i]! * value(i);
  }
  return all === 0 ? null : sum / all;
}
