import type { Pooling } from '@naevus/shared/answer/pool-photos';
import {
  type ClassQuantiles,
  COVERAGES,
  type ConformityScore,
  conformalQuantile,
  nonconformity,
} from '@naevus/shared/answer/prediction-set';
import { softmax } from '@naevus/shared/answer/probabilities';
import { labelIndex, labels, malignantScore, pointNames } from '../../taxonomy/current.ts';
import { type FittedAssessment, operatingPointNamed } from '../assessment/fit-assessment.ts';
import { measuredShare } from '../assessment/lesion-interval.ts';
import { type HeldOutLesion, pooledScores } from './pooled-lesion.ts';

/** What differs for lesions of which several photos have a vote. */
export interface FittedLesions {
  readonly temperature: number;
  /** One row a coverage, one column a label; of the default nonconformity score. */
  readonly quantiles: readonly ClassQuantiles[];
  readonly thresholds: Readonly<Record<string, number>>;
}

/** What is chosen before anything is fitted. */
export interface LesionPlan {
  readonly pooling: Pooling;
  /** Whether a temperature is fitted; without it, it is 1. */
  readonly withTemperature: boolean;
  readonly kind: ConformityScore;
  readonly seed: number;
}

/**
 * Fits sets and thresholds on lesions of which several photos have a vote.
 *
 * - Sets: class-conditional quantiles of the pooled scores, as for images; where a class has too few
 *   lesions for a coverage, that of the images.
 * - Thresholds: those of the images, lowered where these lesions show that too few are found. They are
 *   never raised: that lesions photographed several times are more often malignant is a habit of the
 *   collection.
 *
 * @param lesions each with two or more voters
 * @param images what was fitted for one photo, on the same lesions
 */
export function fitLesions(
  lesions: readonly HeldOutLesion[],
  images: FittedAssessment,
  plan: LesionPlan,
): FittedLesions {
  const temperature = plan.withTemperature ? fitTemperature(lesions, plan.pooling) : 1;
  const scored = lesions.map((lesion) => ({
    lesion,
    scores: pooledScores(lesion, plan.pooling, temperature),
  }));
  return {
    temperature,
    quantiles: severalQuantiles(scored, images.quantiles[plan.kind], plan.kind),
    thresholds: Object.fromEntries(
      pointNames().map((point) => [
        point,
        loweredThreshold(scored, point, images.thresholds[point]!, plan.seed),
      ]),
    ) as Record<string, number>,
  };
}

interface ScoredLesion {
  readonly lesion: HeldOutLesion;
  readonly scores: readonly number[];
}

function severalQuantiles(
  scored: readonly ScoredLesion[],
  ofImages: readonly ClassQuantiles[],
  kind: ConformityScore,
): ClassQuantiles[] {
  const misfits = labels().map((label, k) =>
    scored
      .filter(({ lesion }) => lesion.label === label)
      .map(({ scores }) => nonconformity(scores, kind)[k]!)
      .sort((a, b) => a - b),
  );
  const rows = COVERAGES.map((coverage, row) =>
    misfits.map((values, k) => {
      const quantile = conformalQuantile(values, coverage);
      return Number.isFinite(quantile) ? quantile : ofImages[row]![k]!;
    }),
  );
  // An image's quantile that steps in may be below the lesions' own of a smaller coverage.
  return rows.map((_, row) =>
    labels().map((_, k) => Math.max(...rows.slice(0, row + 1).map((values) => values[k]!))),
  );
}

function loweredThreshold(
  scored: readonly ScoredLesion[],
  point: string,
  ofImages: number,
  seed: number,
): number {
  const { groups, share, side } = operatingPointNamed(point);
  if (side === 'below') return ofImages;
  const lowered = groups.map((group) => {
    const aimed = scored.filter(({ lesion }) => group.includes(labelIndex(lesion.label)));
    const found = measuredShare(
      aimed.map(({ lesion, scores }) => ({
        hit: malignantScore(scores) >= ofImages,
        lesionId: lesion.lesionId,
      })),
      seed,
    );
    if (found.interval === null || found.interval[1] >= share) return ofImages;
    const negated = aimed.map(({ scores }) => -malignantScore(scores)).sort((a, b) => a - b);
    return Math.max(0, Math.min(ofImages, -conformalQuantile(negated, share)));
  });
  return Math.min(...lowered);
}

const LOWEST_TEMPERATURE = 0.2;
const HIGHEST_TEMPERATURE = 5;

/** The temperature of the lowest log loss, by golden section over its logarithm. */
export function fitTemperature(lesions: readonly HeldOutLesion[], pooling: Pooling): number {
  const logarithms = lesions.map((lesion) => ({
    truth: labelIndex(lesion.label),
    values: pooledScores(lesion, pooling).map((score) =>
      Math.log(Math.max(score, Number.MIN_VALUE)),
    ),
  }));
  const loss = (logTemperature: number): number => {
    const temperature = Math.exp(logTemperature);
    let sum = 0;
    for (const { truth, values } of logarithms) {
      const scores = softmax(values.map((value) => value / temperature));
      sum -= Math.log(Math.max(scores[truth]!, Number.MIN_VALUE));
    }
    return sum;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(LOWEST_TEMPERATURE), Math.log(HIGHEST_TEMPERATURE)];
  while (high - low > 1e-4) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (loss(left) < loss(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}
