import { z } from 'zod';
import { augmentationSchema } from '../augmentation/augmentation-config.ts';

const rate = z.number().min(0).max(1);
const positiveInteger = z.number().int().positive();

/** Which factor each class's loss gets: scikit-learn's 'balanced' weights to a power; 0 leaves them out. */
const classWeightPower = z.number().min(0).max(3).default(0);

const lossSchema = z.strictObject({
  classWeightPower,
  /** γ of the focal loss (Lin et al. 2017); 0 is cross-entropy. */
  focalGamma: z.number().min(0).max(10).default(0),
  labelSmoothing: rate.default(0),
  /** τ of the logit adjustment (Menon et al. 2021); 0 leaves it out. */
  logitAdjustment: z.number().min(0).max(2).default(0),
});

/** How often each class is shown: in proportion to its count to the power 1, 1/2 or 0. */
const samplerSchema = z.enum(['natural', 'square-root', 'balanced']).default('natural');

const optimizerFields = {
  batchSize: positiveInteger.default(32),
  learningRate: z.number().positive(),
  /** Decoupled (Loshchilov, Hutter 2019), on kernels alone. */
  weightDecay: z.number().min(0).default(0),
  dropout: rate.default(0),
  loss: lossSchema.prefault({}),
  sampler: samplerSchema,
};

const headSchema = z.strictObject({ ...optimizerFields, epochs: positiveInteger });

const fineTuningSchema = z.strictObject({
  ...optimizerFields,
  /** Resolutions one after another, each for some epochs: low ones first, the served 224 last (Touvron et al. 2019). */
  stages: z
    .array(
      z.strictObject({
        epochs: positiveInteger,
        resolution: z.number().int().min(32).max(512),
        /** Blocks up to and with this one are frozen: 'none', 'stem' or 'blocks.N'. */
        frozenThrough: z.string().regex(/^(none|stem|blocks\.[0-6])$/),
      }),
    )
    .min(1),
  /** Factor of the learning rate from one block to the one before it. */
  layerDecay: z.number().positive().max(1).default(1),
  /** Factor of the classifier's learning rate. */
  headLearningRateFactor: z.number().positive().default(1),
  warmupSteps: z.number().int().min(0).default(0),
  /** Share of the peak learning rate that the cosine ends at. */
  finalLearningRate: rate.default(0),
  /** Drop rate of the last residual branch (Huang et al. 2016). */
  dropPath: rate.default(0),
  /** Decay of the exponential moving average of all weights; 0 leaves it out. */
  averageDecay: z.number().min(0).max(0.99999).default(0),
  /** Gradients are scaled so that their global norm is at most this. */
  gradientNorm: z.number().positive().default(10),
  augmentation: augmentationSchema.prefault({}),
  checkpointMinutes: z.number().positive().default(10),
  /** Validation after every so many epochs; always after the last. */
  validateEvery: positiveInteger.default(1),
});

/** Everything that decides a run besides the data and the initial weights. */
export const trainingConfigSchema = z.strictObject({
  seed: z.number().int().default(1),
  validationFraction: z.number().min(0.05).max(0.5).default(0.2),
  /** Training images whose pass re-estimates the batch-norm statistics before the first phase. */
  statisticsImages: positiveInteger.default(2048),
  /** Side of the decoded cache that augmentation samples from. */
  cacheSize: z.number().int().min(32).max(512).default(288),
  head: headSchema,
  fineTuning: fineTuningSchema.nullable().default(null),
});

export type TrainingConfig = z.infer<typeof trainingConfigSchema>;
export type LossConfig = z.infer<typeof lossSchema>;
export type Sampler = z.infer<typeof samplerSchema>;
export type FineTuningConfig = z.infer<typeof fineTuningSchema>;
export type HeadConfig = z.infer<typeof headSchema>;

/** Named configurations, as a user would write them in a file. */
export const PRESETS = {
  /** Frozen backbone, class-weighted dense head: minutes on two cores. */
  head: {
    head: {
      epochs: 60,
      batchSize: 128,
      learningRate: 2e-3,
      weightDecay: 0.02,
      dropout: 0.2,
      loss: { classWeightPower: 1 },
    },
  },
  /** Head, then fine-tuning of everything above the third stage. */
  best: {
    head: {
      epochs: 30,
      batchSize: 128,
      learningRate: 2e-3,
      weightDecay: 0.02,
      dropout: 0.2,
      sampler: 'square-root',
      loss: { logitAdjustment: 1, labelSmoothing: 0.05 },
    },
    fineTuning: {
      batchSize: 32,
      learningRate: 5e-4,
      weightDecay: 0.02,
      layerDecay: 0.97,
      headLearningRateFactor: 2,
      warmupSteps: 150,
      dropout: 0.2,
      dropPath: 0.1,
      averageDecay: 0.998,
      gradientNorm: 5,
      sampler: 'square-root',
      loss: { logitAdjustment: 1, labelSmoothing: 0.05 },
      stages: [
        { epochs: 9, resolution: 160, frozenThrough: 'blocks.1' },
        { epochs: 5, resolution: 224, frozenThrough: 'blocks.2' },
      ],
      validateEvery: 3,
      augmentation: {
        rotationDegrees: 180,
        cropArea: [0.5, 1],
        cropAspect: 1.15,
        horizontalFlip: true,
        verticalFlip: true,
        brightness: [0.8, 1.2],
        contrast: 0.15,
        saturation: 0.15,
        channelGain: 0.05,
        blur: 0.2,
        noise: 5,
        cutOut: 0.2,
      },
    },
  },
  /** Every step of the recipe in small: shows that all works, not what it can do. */
  smoke: {
    statisticsImages: 32,
    cacheSize: 96,
    head: { epochs: 4, batchSize: 16, learningRate: 5e-3, loss: { logitAdjustment: 1 } },
    fineTuning: {
      batchSize: 8,
      learningRate: 1e-3,
      weightDecay: 0.02,
      layerDecay: 0.97,
      warmupSteps: 2,
      dropout: 0.2,
      dropPath: 0.1,
      averageDecay: 0.9,
      sampler: 'square-root',
      loss: { logitAdjustment: 1, labelSmoothing: 0.05 },
      stages: [
        { epochs: 1, resolution: 64, frozenThrough: 'blocks.2' },
        { epochs: 1, resolution: 96, frozenThrough: 'stem' },
      ],
      augmentation: {
        rotationDegrees: 180,
        cropArea: [0.6, 1],
        horizontalFlip: true,
        brightness: [0.9, 1.1],
        blur: 0.2,
        noise: 3,
        cutOut: 0.2,
      },
    },
  },
} as const satisfies Record<string, z.input<typeof trainingConfigSchema>>;

export type PresetName = keyof typeof PRESETS;
