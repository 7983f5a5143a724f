import { classificationReport } from '@naevus/shared/metrics/classification-report';
import { softmax } from '@naevus/shared/probabilities';
import type { TrainableNetwork } from '../network/trainable-network.ts';
import { classShares, priorLogitBias } from './class-prior.ts';
import { inferRows } from './image-batch.ts';
import type { LabelledImages } from './labelled-images.ts';

/** Headline figures of one validation: the first two under the training prior, balanced accuracy under a uniform one too. */
export interface ValidationSummary {
  readonly accuracy: number;
  readonly macroF1: number;
  readonly balancedAccuracy: number;
  readonly balancedAccuracyUniformPrior: number;
  readonly macroAuc: number;
  readonly logLoss: number;
}

/** Logits of every image, one row each. */
export function predictLogits(network: TrainableNetwork, images: LabelledImages): Float32Array[] {
  return inferRows(images, 'validation', (batch) => network.logits(batch));
}

/**
 * @param assumed class distribution that softmax(logits) assumes.
 * @param trainingPrior class distribution of the training data.
 */
export function summarizeValidation(
  labels: readonly number[],
  logits: readonly Float32Array[],
  assumed: readonly number[],
  trainingPrior: readonly number[],
): ValidationSummary {
  const uniform = classShares(trainingPrior.map(() => 1));
  const underPrior = (wanted: readonly number[]) => {
    const bias = priorLogitBias(assumed, wanted);
    const probabilities = logits.map((row) =>
      softmax(row.map((logit, k) => logit + (bias[k] ?? 0))),
    );
    return classificationReport(labels, probabilities);
  };
  const natural = underPrior(trainingPrior);
  return {
    accuracy: natural.accuracy,
    macroF1: natural.macro.f1.value ?? Number.NaN,
    balancedAccuracy: natural.balancedAccuracy,
    balancedAccuracyUniformPrior: underPrior(uniform).balancedAccuracy,
    macroAuc: natural.macro.auc.value ?? Number.NaN,
    logLoss: natural.logLoss,
  };
}

export function describeSummary(summary: ValidationSummary): string {
  return Object.entries(summary)
    .map(([name, value]) => `${name} ${(value as number).toFixed(4)}`)
    .join(', ');
}
