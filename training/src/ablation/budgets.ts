import type { z } from 'zod';
import {
  type FineTuningConfig,
  type HeadConfig,
  type TrainingConfig,
  trainingConfigSchema,
} from '../run/config/training-config.ts';
import type { Technique } from './techniques.ts';

type Input = z.input<typeof trainingConfigSchema>;

/** What every technique gets of data and steps, and everything else that it does not set itself. */
export interface Budget {
  readonly name: BudgetName;
  readonly title: string;
  /** What was trained, on what, for how long. */
  readonly description: string;
  /** Side of the images, in pixels. */
  readonly size: number;
  readonly head: Omit<Input['head'], 'sampler' | 'loss'>;
  readonly fineTuning: Omit<NonNullable<Input['fineTuning']>, 'sampler' | 'loss'> | null;
}

export const BUDGET_NAMES = ['head', 'fine-tuning'] as const;
export type BudgetName = (typeof BUDGET_NAMES)[number];

/** Training images whose pass re-estimates the batch-norm statistics. */
export const STATISTICS_IMAGES = 2048;

export const BUDGETS: Readonly<Record<BudgetName, Budget>> = {
  head: {
    name: 'head',
    title: 'Head phase on frozen features',
    description:
      'The dense head alone, on pooled features of the frozen ImageNet backbone at 224 pixels: 112,140 images shown (14 epochs), batch 256, AdamW 4e-3 with cosine decay, weight decay 0.02, no dropout, no augmentation.',
    size: 224,
    head: { epochs: 14, batchSize: 256, learningRate: 4e-3, weightDecay: 0.02 },
    fineTuning: null,
  },
  'fine-tuning': {
    name: 'fine-tuning',
    title: 'Short fine-tuning at low resolution',
    description:
      'The head as in the budget `head`, but for 4 epochs, then everything above blocks.2 for 1 epoch at 80 pixels, batch 32, AdamW 5e-4 with 50 steps of warm-up and cosine decay, weight decay 0.02, layer decay 0.97, crops of 0.5 to 1 of the area, flips, rotation and brightness.',
    size: 80,
    head: { epochs: 4, batchSize: 256, learningRate: 4e-3, weightDecay: 0.02 },
    fineTuning: {
      batchSize: 32,
      learningRate: 5e-4,
      weightDecay: 0.02,
      layerDecay: 0.97,
      headLearningRateFactor: 2,
      warmupSteps: 50,
      dropout: 0.2,
      gradientNorm: 5,
      stages: [{ epochs: 1, resolution: 80, frozenThrough: 'blocks.2' }],
      augmentation: {
        rotationDegrees: 180,
        cropArea: [0.5, 1],
        horizontalFlip: true,
        verticalFlip: true,
        brightness: [0.8, 1.2],
      },
    },
  },
};

/** Side of the decoded training images that fine-tuning's augmentation samples from, for a budget's size. */
export const cacheSize = ({ size }: Budget) => Math.round(size * 1.25);

/**
 * The head's configuration of a technique in a budget. A sampler that makes an epoch longer gets fewer of them,
 * so that all techniques are shown as many images.
 *
 * @param counts training images a class.
 */
export function headConfig(
  { head }: Budget,
  { settings }: Technique,
  counts: readonly number[],
  seed: number,
): HeadConfig {
  const images = counts.reduce((sum, count) => sum + count, 0);
  const fills = settings.sampler === 'oversampling' || settings.sampler === 'smote';
  const epochLength = fills ? counts.length * Math.max(...counts) : images;
  const epochs = Math.max(1, Math.round((head.epochs * images) / epochLength));
  return parse({ seed, head: { ...head, ...settings, epochs } }).head;
}

/**
 * The same for fine-tuning; null where the budget has none. Oversampling to the full would outlast so short a
 * budget: the balanced sampler shows the classes in the same shares. SMOTE has ended with the head.
 */
export function fineTuningConfig(
  { head, fineTuning }: Budget,
  { settings, tuning = {} }: Technique,
): FineTuningConfig | null {
  if (!fineTuning) return null;
  const { sampler = 'natural', loss = {} } = settings;
  const shortened =
    sampler === 'oversampling' ? 'balanced' : sampler === 'smote' ? 'natural' : sampler;
  const augmentation = { ...fineTuning.augmentation, ...tuning.augmentation };
  return parse({
    head,
    fineTuning: { ...fineTuning, ...tuning, augmentation, sampler: shortened, loss },
  }).fineTuning;
}

function parse(input: Input): TrainingConfig {
  return trainingConfigSchema.parse(input);
}
