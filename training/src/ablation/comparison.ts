import { softmax } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import {
  bootstrapDraws,
  type Interval,
  percentileInterval,
} from '../evaluate/metrics/bootstrap.ts';
import { classAverage } from '../evaluate/metrics/class-average.ts';
import { confusionMatrix, type SampleWeights } from '../evaluate/metrics/confusion-matrix.ts';
import { criticalRecall } from '../evaluate/metrics/critical-recall.ts';
import { decisionFigures } from '../evaluate/metrics/decision-figures.ts';
import { topClass } from '../evaluate/metrics/labelled-probabilities.ts';
import { rankSamples } from '../evaluate/metrics/ranking.ts';
import { rocAuc } from '../evaluate/metrics/roc.ts';
import { classShares, priorLogitBias } from '../run/class-prior.ts';
import { classCount } from '../taxonomy/current.ts';
import type { TechniqueRun } from './technique-run.ts';

/** What the logits are taken to before the highest score decides. */
export const DECISIONS = ['as-trained', 'training-prior', 'uniform-prior'] as const;
export type Decision = (typeof DECISIONS)[number];

export const FIGURES = [
  'accuracy',
  'macroF1',
  'balancedAccuracy',
  'macroAuc',
  'melanomaRecall',
] as const;
export type Figure = (typeof FIGURES)[number];

export interface Compared {
  /** Mean over the seeds. */
  readonly value: number;
  readonly interval: Interval;
  /** Standard deviation over the seeds; null for one seed. */
  readonly seedDeviation: number | null;
  /** Less the baseline's value, on the same images and seeds; null for the baseline itself. */
  readonly difference: { readonly value: number; readonly interval: Interval } | null;
}

export interface ComparedTechnique {
  readonly technique: string;
  readonly seeds: number;
  readonly figures: Readonly<Record<Decision, Readonly<Record<Figure, Compared>>>>;
}

export interface ValidationImages {
  /** Class index of each image. */
  readonly labels: readonly number[];
  /** Images of one lesion are drawn together; null: on its own. */
  readonly lesions: readonly (string | null)[];
}

export interface ComparisonOptions {
  readonly trainingPrior: readonly number[];
  /** Name of the technique that the others are compared to; it must be among the runs. */
  readonly baseline: string;
  readonly seed: number;
  readonly resamples?: number;
}

/**
 * Compares techniques on the same validation images. Intervals are the percentile bootstrap's over lesions and
 * over the seeds of training, both drawn again each time and the same for all techniques, so that differences
 * are paired.
 *
 * @throws Error when a run has another number of seeds or images than the baseline, or the baseline is missing.
 */
export function compareTechniques(
  runs: readonly TechniqueRun[],
  { labels, lesions }: ValidationImages,
  { trainingPrior, baseline, seed, resamples = 1000 }: ComparisonOptions,
): ComparedTechnique[] {
  const reference = runs.find(({ technique }) => technique === baseline);
  if (!reference) throw new Error(`${baseline} has not been run, which the others are compared to`);
  const seeds = reference.seeds.length;
  for (const run of runs) {
    const images = run.seeds.map(({ logits }) => logits.length);
    if (run.seeds.length !== seeds || images.some((count) => count !== labels.length)) {
      throw new Error(`${run.technique} was run on other images or seeds than ${baseline}`);
    }
  }
  const scorers = runs.map((run) =>
    run.seeds.map(({ logits }) => figuresOf(labels, logits, run.assumedPrior, trainingPrior)),
  );
  const measured = scorers.map((ofSeeds) => ofSeeds.map((figures) => figures()));

  const lesionDraws = bootstrapDraws(labels.length, seed, lesions);
  const seedRandom = createRandom(seed + 1);
  // [resample][technique]: means over the seeds drawn.
  const drawn = Array.from({ length: resamples }, () => {
    const weights = lesionDraws.draw();
    const drawnSeeds = Array.from({ length: seeds }, () => seedRandom.integer(seeds));
    const distinct = [...new Set(drawnSeeds)];
    return scorers.map((ofSeeds) => {
      const known = new Map(distinct.map((s) => [s, ofSeeds[s]!(weights)]));
      return average(drawnSeeds.map((s) => known.get(s)!));
    });
  });

  const baselineIndex = runs.indexOf(reference);
  return runs.map((run, t) => {
    const compared = (column: number): Compared => {
      const perSeed = measured[t]!.map((values) => values[column]!);
      const value = mean(perSeed);
      const baselineValue = mean(measured[baselineIndex]!.map((values) => values[column]!));
      const differences = drawn.map((means) => means[t]![column]! - means[baselineIndex]![column]!);
      return {
        value,
        interval: interval(drawn.map((means) => means[t]![column]!)),
        seedDeviation: seeds === 1 ? null : deviation(perSeed),
        difference:
          t === baselineIndex
            ? null
            : { value: value - baselineValue, interval: interval(differences) },
      };
    };
    const figures = Object.fromEntries(
      DECISIONS.map((decision, d) => [
        decision,
        Object.fromEntries(
          FIGURES.map((figure, f) => [figure, compared(d * FIGURES.length + f)]),
        ) as Record<Figure, Compared>,
      ]),
    ) as Record<Decision, Record<Figure, Compared>>;
    return { technique: run.technique, seeds, figures };
  });
}

/** All figures of one network, decision by decision in one row, for any weighting of the images. */
function figuresOf(
  labels: readonly number[],
  logits: readonly (readonly number[])[],
  assumed: readonly number[],
  trainingPrior: readonly number[],
): (weights?: SampleWeights) => number[] {
  const uniform = classShares(trainingPrior.map(() => 1));
  const biases: Record<Decision, readonly number[]> = {
    'as-trained': uniform.map(() => 0),
    'training-prior': priorLogitBias(assumed, trainingPrior),
    'uniform-prior': priorLogitBias(assumed, uniform),
  };
  const decisions = DECISIONS.map((decision) => {
    const scores = logits.map((row) =>
      softmax(row.map((logit, k) => logit + biases[decision][k]!)),
    );
    return {
      predicted: scores.map(topClass),
      rankings: Array.from({ length: classCount() }, (_, k) =>
        rankSamples(labels, (i) => scores[i]![k]!, k),
      ),
    };
  });
  return (weights) =>
    decisions.flatMap(({ predicted, rankings }) => {
      const figures = decisionFigures(confusionMatrix(labels, predicted, classCount(), weights));
      const row: Record<Figure, number> = {
        accuracy: figures.accuracy,
        macroF1: figures.macroF1,
        balancedAccuracy: figures.balancedAccuracy,
        macroAuc:
          classAverage(rankings.map((ranking) => rocAuc(ranking, weights))).value ?? Number.NaN,
        melanomaRecall: criticalRecall(labels, predicted, weights) ?? Number.NaN,
      };
      return FIGURES.map((figure) => row[figure]);
    });
}

/** Of the resamples in which the figure is defined: few images may have none of a class. */
function interval(values: readonly number[]): Interval {
  return percentileInterval(values.filter(Number.isFinite));
}

function average(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, column) => mean(rows.map((row) => row[column]!)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
