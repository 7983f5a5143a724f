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
 * Figures of scores that follow the home source's class distribution.
 *
 * @param strata source · classes + class of each image.
 * @param counts training images a class, before any resampling; one row a source, the home source first.
 * @param phase decides which class distribution softmax(logits) assumes.
 */
export function summarizeValidation(
  strata: readonly number[],
  logits: readonly Float32Array[],
  counts: readonly (readonly number[])[],
  phase: PhaseLoss,
): ValidationSummary {
  const home = counts[0]!;
  const labels = strata.map((stratum) => stratum % home.length);
  const assumed = assumedPrior(home, phase.sampler, phase.loss);
  const trainingPrior = classShares(home);
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
    loss: phaseLoss(strata, logits, counts, phase),
  };
}

function phaseLoss(
  strata: readonly number[],
  logits: readonly Float32Array[],
  counts: readonly (readonly number[])[],
  { sampler, loss }: PhaseLoss,
): number {
  const classes = counts[0]!.length;
  const unweighted = createClassLoss(counts, {
    sampler,
    loss: { ...loss, classWeightPower: 0, clip: null },
  });
  const values = new Float32Array(strata.length * classes);
  for (const [row, rowLogits] of logits.entries()) values.set(rowLogits, row * classes);
  return unweighted(values, strata).value;
}

/** The figures of each source by itself, a line each; none where there is one source. */
export function describeBySource(
  { strata, sources }: Pick<LabelledImages, 'strata' | 'sources'>,
  logits: readonly Float32Array[],
  counts: readonly (readonly number[])[],
  phase: PhaseLoss,
): string[] {
  if (sources.length < 2) return [];
  const classes = counts[0]!.length;
  return sources.flatMap((name, s) => {
    const own = strata.flatMap((stratum, i) => (Math.floor(stratum / classes) === s ? [i] : []));
    if (own.length === 0) return [];
    const summary = summarizeValidation(
      own.map((i) => strata[i]!),
      own.map((i) => logits[i]!),
      counts,
      phase,
    );
    return [`  ${name}: ${describeSummary(summary)}`];
  });
}

export function describeSummary(summary: ValidationSummary): string {
  return Object.entries(summary)
    .map(([name, value]) => `${name} ${(value as number).toFixed(4)}`)
    .join(', ');
}
