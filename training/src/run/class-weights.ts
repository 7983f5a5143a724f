import { LABELS } from '@naevus/shared/taxonomy';
import { z } from 'zod';

const perClass = z.array(z.number().nonnegative()).length(LABELS.length);

/** `class-weights.json` as the reports need it; lists are in the order of the labels. */
export const classWeightsSchema = z.looseObject({
  /** Training images. */
  counts: perClass,
  /** scikit-learn's 'balanced': n / (classes * count). */
  balanced: perClass,
  used: z.looseObject({
    /** Factor of the loss of one image. */
    weights: perClass,
    /** Of the sum of the factors over all training images; sums to 1. */
    shareOfLossWeight: perClass,
  }),
});

export type ClassWeights = z.infer<typeof classWeightsSchema>;
