import type { z } from 'zod';
import type { trainingConfigSchema } from '../run/config/training-config.ts';

/** One way to treat the classes' imbalance: everything else stays as the budget has it. */
export interface Technique {
  readonly name: string;
  /** As tables and pictures call it. */
  readonly title: string;
  readonly settings: Pick<z.input<typeof trainingConfigSchema>['head'], 'sampler' | 'loss'>;
}

/** What the others are compared to. */
export const PLAIN = 'cross-entropy';

/** In the order of the tables; the first is {@link PLAIN}. */
export const TECHNIQUES: readonly Technique[] = [
  { name: PLAIN, title: 'plain cross-entropy', settings: {} },
  {
    name: 'balanced-weights',
    title: 'balanced class weights',
    settings: { loss: { classWeightPower: 1 } },
  },
  {
    name: 'power-weights',
    title: 'class weights to the power 1.5',
    settings: { loss: { classWeightPower: 1.5 } },
  },
  {
    name: 'focal',
    title: 'focal loss, γ 2, α 0.25',
    settings: { loss: { focalGamma: 2, focalAlpha: 0.25 } },
  },
  {
    name: 'oversampling',
    title: 'random oversampling',
    settings: { sampler: 'oversampling' },
  },
  { name: 'smote', title: 'SMOTE in feature space', settings: { sampler: 'smote' } },
  {
    name: 'logit-adjustment',
    title: 'logit adjustment',
    settings: { loss: { logitAdjustment: 1 } },
  },
  {
    name: 'square-root-logit-adjustment',
    title: 'logit adjustment, square-root sampler',
    settings: { sampler: 'square-root', loss: { logitAdjustment: 1 } },
  },
  {
    name: 'reference',
    title: 'preset reference: focal, power 1.5, oversampling',
    settings: {
      sampler: 'oversampling',
      loss: { focalGamma: 2, focalAlpha: 0.25, classWeightPower: 1.5 },
    },
  },
  {
    name: 'best',
    title: 'preset best: logit adjustment, square-root sampler, smoothing',
    settings: { sampler: 'square-root', loss: { logitAdjustment: 1, labelSmoothing: 0.05 } },
  },
];
