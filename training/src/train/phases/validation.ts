import { softmax } from '@naevus/shared/answer/probabilities';
import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import { RunStopped, type ShouldStop } from '../../data/run-stopped.ts';
import { classificationReport } from '../../evaluate/metrics/classification-report.ts';
import type { TrainableNetwork } from '../../network/trainable-network.ts';
import { assumedPrior, classShares, priorLogitBias } from '../../run/class-prior.ts';
import type { PhaseLoss } from '../../run/config/training-config.ts';
import type { ValidationSummary } from '../../run/epoch-record.ts';
import { inferRows } from '../sampling/image-batch.ts';
import { createClassLoss } from './class-loss.ts';

/**
 * Logits of every image, one row each.
 *
 * @throws RunStopped when it was asked to stop before the last one.
 */
export async function predictLogits(
  network: TrainableNetwork,
  images: LabelledImages,
  shouldStop?: ShouldStop,
): Promise<Float32Array[]> {
  const rows = await inferRows(images, 'validation', (batch) => network.logits(batch), {
    ...(shouldStop && { shouldStop }),
  });
  if (rows.length < images.labels.length) throw new RunStopped('validation');
  return rows;
}

/**
 * @param counts training images a class, before any resampling.
 * @param phase decides which class distribution softmax(logits) assumes.
 */
export function summarizeValidation(
  labels: readonly number[],
  logits: readonly Float32Array[],
  counts: readonly number[],
  phase: PhaseLoss,
): ValidationSummary {
  const assumed = assumedPrior(counts, phase.sampler, phase.loss);
  const trainingPrior = classShares(counts);
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
    loss: phaseLoss(labels, logits, counts, phase),
  };
}

function phaseLoss(
  labels: readonly number[],
  logits: readonly Float32Array[],
  counts: readonly number[],
  { sampler, loss }: PhaseLoss,
): number {
  const unweighted = createClassLoss(counts, { sampler, loss: { ...loss, classWeightPower: 0 } });
  const values = new Float32Array(labels.length * counts.length);
  for (const [row, rowLogits] of logits.entries()) values.set(rowLogits, row * counts.length);
  return unweighted(values, labels).value;
}

export function describeSummary(summary: ValidationSummary): string {
  return Object.entries(summary)
    .map(([name, value]) => `${name} ${(value as number).toFixed(4)}`)
    .join(', ');
}
