import type { z } from 'zod';
import type { trainingConfigSchema } from './training-config.ts';

/** A head before fine-tuning with the same sampler and loss. */
const ADJUSTED_HEAD = {
  epochs: 30,
  batchSize: 128,
  learningRate: 2e-3,
  weightDecay: 0.02,
  dropout: 0.2,
  sampler: 'square-root',
  loss: { logitAdjustment: 1, labelSmoothing: 0.05 },
} as const;

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
    head: ADJUSTED_HEAD,
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
  /**
   * Goes on from exported versions (`--continue`), their backbone's mean: with what they did without against
   * overfitting (mixup, CutMix, JPEG noise, stronger decay, dropout and dropped paths), all blocks at the end.
   */
  refine: {
    // A continued backbone comes with its statistics.
    statisticsImages: 0,
    head: ADJUSTED_HEAD,
    fineTuning: {
      batchSize: 32,
      learningRate: 5e-4,
      weightDecay: 0.05,
      layerDecay: 0.97,
      headLearningRateFactor: 2,
      warmupSteps: 150,
      dropout: 0.3,
      dropPath: 0.15,
      averageDecay: 0.998,
      gradientNorm: 5,
      sampler: 'square-root',
      loss: { logitAdjustment: 1, labelSmoothing: 0.05 },
      stages: [
        { epochs: 5, resolution: 176, frozenThrough: 'blocks.0' },
        { epochs: 4, resolution: 224, frozenThrough: 'none' },
      ],
      mixing: { mixup: 0.4, cutMix: 1, probability: 0.6, offEpochs: 2 },
      augmentation: {
        rotationDegrees: 180,
        cropArea: [0.45, 1.1],
        cropAspect: 1.15,
        horizontalFlip: true,
        verticalFlip: true,
        brightness: [0.75, 1.25],
        contrast: 0.2,
        saturation: 0.2,
        hue: 0.02,
        channelGain: 0.06,
        blur: 0.2,
        noise: 5,
        cutOut: 0.2,
        jpeg: 0.2,
      },
    },
  },
  /**
   * The published notebook's recipe. It fixes batch size, learning rate, epochs, patience, the ranges of the
   * augmentation, γ, α, the power of the class weights and oversampling; the fields say what they mean in
   * Keras: ImageDataGenerator's geometry and fill, val_loss without class weights, weights of the counts
   * before oversampling. It leaves open, and here is as Keras' guide to transfer learning has it: Adam, a
   * constant rate, a head on the frozen backbone first, then all layers with batch norm in inference mode,
   * dropout 0.2. Not as published: the split is by lesion, and the head phase, which runs on features taken
   * once, sees no augmentation.
   */
  reference: {
    statisticsImages: 0,
    cacheSize: 224,
    head: {
      epochs: 20,
      batchSize: 32,
      learningRate: 1e-4,
      optimizer: 'adam',
      schedule: 'constant',
      earlyStopping: { metric: 'loss', patience: 5 },
      dropout: 0.2,
      sampler: 'oversampling',
      loss: { focalGamma: 2, focalAlpha: 0.25, classWeightPower: 1.5 },
    },
    fineTuning: {
      batchSize: 32,
      learningRate: 1e-4,
      optimizer: 'adam',
      schedule: 'constant',
      gradientNorm: null,
      earlyStopping: { metric: 'loss', patience: 5 },
      dropout: 0.2,
      batchNorm: 'frozen',
      sampler: 'oversampling',
      loss: { focalGamma: 2, focalAlpha: 0.25, classWeightPower: 1.5 },
      stages: [{ epochs: 20, resolution: 224, frozenThrough: 'none' }],
      augmentation: {
        geometry: 'image-data-generator',
        fill: 'nearest',
        rotationDegrees: 20,
        zoom: 0.15,
        shift: 0.1,
        horizontalFlip: true,
        verticalFlip: true,
        brightness: [0.8, 1.2],
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
