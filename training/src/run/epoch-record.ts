import type { ValidationSummary } from '../train/phases/validation.ts';

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
