import type { z } from 'zod';
import { PRESETS } from '../run/config/presets.ts';
import type { trainingConfigSchema } from '../run/config/training-config.ts';

type Input = z.input<typeof trainingConfigSchema>;

/** One way to treat the classes' imbalance, or one part of a recipe: everything else stays as the budget has it. */
export interface Technique {
  readonly name: string;
  /** As tables and pictures call it. */
  readonly title: string;
  readonly settings: Pick<Input['head'], 'sampler' | 'loss'>;
  /** What fine-tuning does besides: such a technique is of budgets that fine-tune alone. */
  readonly tuning?: Omit<
    Partial<NonNullable<Input['fineTuning']>>,
    'stages' | 'sampler' | 'loss' | 'validateEvery' | 'earlyStopping'
  >;
  /**
   * Share of each side of an image that validation shows, in the middle, of the baseline's network: nothing is
   * trained for it.
   */
  readonly crop?: number;
}

/** What the others are compared to. */
export const PLAIN = 'cross-entropy';

/** Members that teach in cross-fitted distillation: each has seen all lesions but its share. */
export const TEACHER_FOLDS = 2;

const {
  stages: _stages,
  sampler,
  loss,
  earlyStopping: _earlyStopping,
  augmentation,
  ...published
} = PRESETS.reference.fineTuning;

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
  {
    name: 'strong-augmentation',
    title: 'one shape and one colour operation more',
    settings: {},
    tuning: { augmentation: { strong: { offEpochs: 0 } } },
  },
  {
    name: 'mixing',
    title: 'mixup 0.4 and CutMix 1, half of the batches',
    settings: {},
    tuning: { mixing: { mixup: 0.4, cutMix: 1, probability: 0.5, offEpochs: 0 } },
  },
  {
    name: 'late-weights',
    title: 'balanced class weights, phased in late',
    settings: { loss: { classWeightPower: 1, classWeightSchedule: 'late' } },
    tuning: {},
  },
  {
    name: 'clipped',
    title: 'losses above 3 clipped',
    settings: { loss: { clip: 3 } },
    tuning: {},
  },
  {
    name: 'weight-averaging',
    title: 'even average of the weights of the last half epoch',
    settings: {},
    tuning: { weightAveragingEpochs: 0.5 },
  },
  {
    name: 'centre-crop',
    title: 'validation shows the middle 0.87 of each side',
    settings: {},
    tuning: {},
    crop: 0.87,
  },
  {
    name: 'distillation',
    title: `half of the loss from ${TEACHER_FOLDS} members that did not see the image`,
    settings: {},
    tuning: { distillation: { share: 0.5, temperature: 2, views: 1, teacher: 'folds' } },
  },
  {
    name: 'published-recipe',
    title: 'the published recipe: its loss, sampler, optimizer, rate and augmentation',
    settings: { sampler, loss },
    tuning: {
      weightDecay: 0,
      layerDecay: 1,
      headLearningRateFactor: 1,
      warmupSteps: 0,
      ...published,
      augmentation: { cropArea: [1, 1], ...augmentation },
    },
  },
];

/** Those that a budget compares. */
export function techniquesOf({ fineTuning }: { readonly fineTuning: object | null }): Technique[] {
  return TECHNIQUES.filter(({ tuning }) => tuning === undefined || fineTuning !== null);
}
