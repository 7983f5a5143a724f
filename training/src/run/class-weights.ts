import { LABELS, type Label } from '@naevus/shared/taxonomy';
import { z } from 'zod';
import { balancedClassWeights, powerClassWeights } from './balanced-class-weights.ts';
import { classShares, lossLogitOffsets, lossWeights, sampledShares } from './class-prior.ts';
import type { LossConfig, PhaseLoss } from './config/training-config.ts';

const perClass = z.array(z.number().nonnegative()).length(LABELS.length);

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

/** Images a class in all of HAM10000 (Tschandl et al. 2018, table 2), from which the published weights would follow. */
const HAM10000_COUNTS: Readonly<Record<Label, number>> = {
  akiec: 327,
  bcc: 514,
  bkl: 1099,
  df: 115,
  mel: 1113,
  nv: 6705,
  vasc: 142,
};

/** The power that the published recipe takes the balanced weights to. */
const REFERENCE_POWER = 1.5;

/**
 * `class-weights.json` of a run: what each class counts for in the loss, and by which formula.
 *
 * @param counts training images a class, before any resampling.
 * @param phase the last phase of the training.
 */
export function classWeightReport(counts: readonly number[], { loss, sampler }: PhaseLoss) {
  const byLabel = Object.fromEntries(LABELS.map((label, k) => [label, counts[k]!])) as Record<
    Label,
    number
  >;
  const listed = (weights: Readonly<Record<Label, number>>) =>
    LABELS.map((label) => weights[label]);
  const weights = lossWeights(counts, loss);
  const shown = sampledShares(counts, sampler);
  const published = powerClassWeights(HAM10000_COUNTS, REFERENCE_POWER);
  return {
    formula: {
      balanced: 'n / (classes * count), on the training counts before any resampling',
      power: `balanced ** ${REFERENCE_POWER}`,
      used: describeFormula(loss),
      published_example: {
        quoted: { nv: 0.07, df: 72.7 },
        from_the_published_counts: { nv: round(published.nv), df: round(published.df) },
      },
    },
    labels: LABELS,
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

/** Four significant digits, as the published figures have at most. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
