import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { cropSchema } from '@naevus/shared/model/manifest';
import { z } from 'zod';
import { augmentationSchema } from '../../data/augmentation/augmentation-config.ts';
import { mixingSchema } from '../../data/augmentation/mix-images.ts';
import { classCount } from '../../taxonomy/current.ts';

const rate = z.number().min(0).max(1);
const positiveInteger = z.number().int().positive();

/** Which factor each class's loss gets: scikit-learn's 'balanced' weights to a power; 0 leaves them out. */
const classWeightPower = z.number().min(0).max(3).default(0);

/** Read when a configuration is: the process works on its classes by then. */
const perClass = z
  .array(z.number().positive())
  .refine((factors) => factors.length === classCount(), 'must have one factor a class');

const lossSchema = z.strictObject({
  classWeightPower,
  /** γ of the focal loss (Lin et al. 2017); 0 is cross-entropy. */
  focalGamma: z.number().min(0).max(10).default(0),
  /** α of the focal loss: one factor for all classes, or one a class in the order of the labels. */
  focalAlpha: z.union([z.number().positive(), perClass]).default(1),
  labelSmoothing: rate.default(0),
  /**
   * 'late': the classes' factors begin at 1 and reach their power quadratically over the last third of the phase (Yao
   * et al. 2022, arXiv:2102.01284), when features are learnt.
   */
  classWeightSchedule: z.enum(['constant', 'late']).default('constant'),
  /**
   * An image whose loss, before its class's factor, is above this teaches nothing: the label is likelier wrong, or
   * the crop shows no lesion. null clips nothing.
   */
  clip: z.number().positive().nullable().default(null),
  /** τ of the logit adjustment (Menon et al. 2021); 0 leaves it out. */
  logitAdjustment: z.number().min(0).max(2).default(0),
});

/**
 * Which images an epoch shows. 'natural', 'square-root' and 'balanced': as many as there are, each class in
 * proportion to its count to the power 1, 1/2 or 0, drawn anew each epoch. 'oversampling': all of them, and
 * copies of the rarer classes' up to the commonest one's count, drawn once.
 */
const SAMPLERS = ['natural', 'square-root', 'balanced', 'oversampling'] as const;

/** Figures of a validation that early stopping and the plateau schedule can watch. */
const watchedMetric = z.enum([
  'loss',
  'logLoss',
  'accuracy',
  'macroF1',
  'balancedAccuracy',
  'balancedAccuracyUniformPrior',
  'macroAuc',
]);

/** Ends a phase after `patience` validations without a gain of more than `minDelta`, with the best weights. */
const earlyStoppingSchema = z.strictObject({
  metric: watchedMetric.default('loss'),
  patience: positiveInteger,
  minDelta: z.number().min(0).default(0),
});

/** Lowers the learning rate where the metric no longer gains; names and defaults are Keras' ReduceLROnPlateau's. */
const plateauSchema = z.strictObject({
  metric: watchedMetric.default('loss'),
  factor: z.number().positive().lt(1).default(0.1),
  /** Validations without a gain of more than `minDelta`. */
  patience: positiveInteger.default(10),
  minDelta: z.number().min(0).default(1e-4),
  /** Validations after a reduction in which none is counted. */
  cooldown: z.number().int().min(0).default(0),
  /** Share of the peak learning rate below which it does not fall. */
  minLearningRate: rate.default(0),
});

/** Knowledge distillation (Hinton, Vinyals, Dean 2015): the student's probabilities are drawn to the teacher's. */
const distillationSchema = z.strictObject({
  /** Share of the loss that the teacher sets; the labels set the rest. */
  share: rate,
  /** T that both sides' logits are divided by. */
  temperature: z.number().positive().max(100).default(1),
  /** Symmetric views of a picture over which the teachers' logits are averaged; cross-fitted members have seen one. */
  views: positiveInteger.max(64).default(4),
  /** Exported versions, which look at what the student is shown, or cross-fitted members, whose logits are at hand. */
  teacher: z.enum(['versions', 'folds']).default('versions'),
});

const optimizerFields = {
  batchSize: positiveInteger.default(32),
  learningRate: z.number().positive(),
  /** 'adam' is Kingma and Ba's as Keras has it; 'adamw' decays the weights too. */
  optimizer: z.enum(['adamw', 'adam']).default('adamw'),
  /** Decoupled (Loshchilov, Hutter 2019), on kernels alone. */
  weightDecay: z.number().min(0).default(0),
  /** What follows the warm-up. */
  schedule: z.enum(['cosine', 'constant', 'plateau']).default('cosine'),
  plateau: plateauSchema.prefault({}),
  earlyStopping: earlyStoppingSchema.nullable().default(null),
  dropout: rate.default(0),
  loss: lossSchema.prefault({}),
  checkpointMinutes: z.number().positive().default(10),
};

const headSchema = z
  .strictObject({
    ...optimizerFields,
    /** 'smote': synthetic features between neighbours of a rare class (Chawla et al. 2002), made once. */
    sampler: z.enum([...SAMPLERS, 'smote']).default('natural'),
    /** Neighbours of the same class that SMOTE draws from. */
    smoteNeighbours: positiveInteger.default(5),
    epochs: positiveInteger,
  })
  .superRefine(refuseDecayOfAdam);

const fineTuningSchema = z
  .strictObject({
    ...optimizerFields,
    sampler: z.enum(SAMPLERS).default('natural'),
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
    /**
     * 'trained': blocks that are not frozen normalize with the batch's statistics and learn scale and offset.
     * 'frozen': every block keeps its running statistics, scale and offset.
     */
    batchNorm: z.enum(['trained', 'frozen']).default('trained'),
    /**
     * Images that go through the network at once, their gradients summed up to the batch's; null is the whole
     * batch. The same as the whole batch where batch norm is frozen; where it is trained, each part has
     * statistics of its own.
     */
    microBatchSize: positiveInteger.nullable().default(null),
    /** Decay of the exponential moving average of all weights; 0 leaves it out. */
    averageDecay: z.number().min(0).max(0.99999).default(0),
    /**
     * Epochs at the end whose weights, after each step, are averaged evenly (stochastic weight averaging, Izmailov et
     * al. 2018): the moving average until then, this one from there on. May be a part of one; 0 leaves it out.
     */
    weightAveragingEpochs: z.number().min(0).default(0),
    /** Gradients are scaled so that their global norm is at most this; null leaves them as they are. */
    gradientNorm: z.number().positive().nullable().default(10),
    /** Learns from other networks too (`--teacher`); null is from the labels alone. */
    distillation: distillationSchema.nullable().default(null),
    augmentation: augmentationSchema.prefault({}),
    mixing: mixingSchema.prefault({}),
    /** Validation after every so many epochs; always after the last. */
    validateEvery: positiveInteger.default(1),
  })
  .superRefine(refuseDecayOfAdam)
  .superRefine(refuseTeachersAtOtherSizes);

/** Adam would decay nothing: better said than ignored. */
function refuseDecayOfAdam(
  { optimizer, weightDecay }: { optimizer: string; weightDecay: number },
  context: z.RefinementCtx,
): void {
  if (optimizer === 'adam' && weightDecay > 0) {
    context.addIssue({
      code: 'custom',
      path: ['weightDecay'],
      message: "Adam decays no weights: leave weightDecay out, or take 'adamw'",
    });
  }
}

/** A teacher sees what the student sees, and an exported network takes one size only. */
function refuseTeachersAtOtherSizes(
  {
    distillation,
    stages,
  }: {
    distillation: { teacher: string } | null;
    stages: readonly { resolution: number }[];
  },
  context: z.RefinementCtx,
): void {
  for (const [index, { resolution }] of stages.entries()) {
    if (distillation?.teacher !== 'versions' || resolution === INPUT_SIZE) continue;
    context.addIssue({
      code: 'custom',
      path: ['stages', index, 'resolution'],
      message: `with distillation every stage has ${INPUT_SIZE} pixels, which is what teachers take`,
    });
  }
}

/** Everything that decides a run besides the data and the initial weights. */
export const trainingConfigSchema = z.strictObject({
  seed: z.number().int().default(1),
  validationFraction: z.number().min(0.05).max(0.5).default(0.2),
  /** Training images whose pass re-estimates the batch-norm statistics before the first phase; 0 leaves them. */
  statisticsImages: z.number().int().min(0).default(2048),
  /** Side of the decoded cache that augmentation samples from. */
  cacheSize: z.number().int().min(32).max(512).default(288),
  /**
   * Share of each side of an image that validation shows and the version is shown, in the middle. Random crops show
   * lesions larger than whole images do, and a network does best at the size that it knows.
   */
  crop: cropSchema.default(1),
  head: headSchema,
  fineTuning: fineTuningSchema.nullable().default(null),
});

export type TrainingConfig = z.infer<typeof trainingConfigSchema>;
export type LossConfig = z.infer<typeof lossSchema>;
export type Sampler = HeadConfig['sampler'];
export type WatchedMetric = z.infer<typeof watchedMetric>;
export type EarlyStoppingConfig = z.infer<typeof earlyStoppingSchema>;
export type FineTuningConfig = z.infer<typeof fineTuningSchema>;
export type HeadConfig = z.infer<typeof headSchema>;

/** How a phase learns: what its loss and its sampler are set to. */
export interface PhaseLoss {
  readonly sampler: Sampler;
  readonly loss: LossConfig;
}
