import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { z } from 'zod';
import { HAM10000_COUNTS } from '../data/load/ham10000-counts.ts';
import { labels, taxonomy } from '../taxonomy/current.ts';
import { balancedClassWeights, powerClassWeights } from './balanced-class-weights.ts';
import { classShares, lossLogitOffsets, lossWeights, sampledShares } from './class-prior.ts';
import type { LossConfig, PhaseLoss } from './config/training-config.ts';

const perClass = z.array(z.number().nonnegative()).min(2);

/** `class-weights.json` as the reports need it; lists are in the order of the labels. */
export const classWeightsSchema = z.looseObject({
  /** Training images. */
  counts: perClass,
  /** scikit-learn's 'balanced': n / (classes * count). */
  balanced: perClass,
  /** `balanced` to the power 1.5; runs of old lack it. */
  power_1_5: perClass.optional(),
  used: z.looseObject({
    /** Factor of the loss of one image. */
    weights: perClass,
    /** Of the sum of the factors over the images that an epoch shows; sums to 1. */
    shareOfLossWeight: perClass,
    /** Of the images that an epoch shows. */
    shareOfImages: perClass.optional(),
    /** Of the loss itself, measured on validation images with the final weights: easy classes have lost theirs. */
    shareOfLossAtEnd: perClass.optional(),
  }),
});

export type ClassWeights = z.infer<typeof classWeightsSchema>;

/** The power that the published recipe takes the balanced weights to. */
const REFERENCE_POWER = 1.5;

/**
 * `class-weights.json` of a run: what each class counts for in the loss, and by which formula.
 *
 * @param counts training images a class, before any resampling.
 * @param phase the last phase of the training.
 */
export function classWeightReport(counts: readonly number[], { loss, sampler }: PhaseLoss) {
  const byLabel = Object.fromEntries(labels().map((label, k) => [label, counts[k]!]));
  const listed = (weights: Readonly<Record<string, number>>) =>
    labels().map((label) => weights[label]!);
  const weights = lossWeights(counts, loss);
  const shown = sampledShares(counts, sampler);
  return {
    formula: {
      balanced: 'n / (classes * count), on the training counts before any resampling',
      power: `balanced ** ${REFERENCE_POWER}`,
      used: describeFormula(loss),
      ...(taxonomy().name === HAM10000.name && {
        published_example: publishedExample(REFERENCE_POWER),
      }),
    },
    labels: labels(),
    counts: [...counts],
    balanced: listed(balancedClassWeights(byLabel)),
    power_1_5: listed(powerClassWeights(byLabel, REFERENCE_POWER)),
    used: {
      sampler,
      loss,
      weights,
      logitOffsets: lossLogitOffsets(counts, sampler, loss),
      shareOfImages: shown,
      shareOfLossWeight: classShares(shown.map((share, k) => share * weights[k]!)),
    },
  };
}

function describeFormula({ classWeightPower, focalAlpha }: LossConfig): string {
  const weight =
    classWeightPower === 0
      ? '1'
      : classWeightPower === 1
        ? 'balanced'
        : `balanced ** ${classWeightPower}`;
  if (focalAlpha === 1) return weight;
  return `${weight} * alpha, alpha = ${JSON.stringify(focalAlpha)}`;
}

/** What the published counts give for the commonest and the rarest class, beside what was published. */
function publishedExample(power: number) {
  const weights = powerClassWeights(HAM10000_COUNTS, power);
  const ordered = Object.keys(weights).sort((a, b) => weights[a]! - weights[b]!);
  const [commonest, rarest] = [ordered[0]!, ordered.at(-1)!];
  return {
    quoted: { [commonest]: 0.07, [rarest]: 72.7 },
    from_the_published_counts: {
      [commonest]: round(weights[commonest]!),
      [rarest]: round(weights[rarest]!),
    },
  };
}

/** Four significant digits, as the published figures have at most. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
