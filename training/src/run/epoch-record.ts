/** Headline figures of one validation: the first two under the training prior, balanced accuracy under a uniform one too. */
export interface ValidationSummary {
  readonly accuracy: number;
  readonly macroF1: number;
  readonly balancedAccuracy: number;
  readonly balancedAccuracyUniformPrior: number;
  readonly macroAuc: number;
  readonly logLoss: number;
  /** The phase's own loss without class weights: what Keras calls val_loss. */
  readonly loss: number;
}

/** One line of `history.json`. */
export interface EpochRecord {
  readonly phase: 'head' | 'fine-tuning';
  /** From 1, counted within the phase. */
  readonly epoch: number;
  /** Mean training loss, with augmentation and regularization. */
  readonly loss: number;
  /** At the epoch's last step. */
  readonly learningRate: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly validation?: ValidationSummary;
}
