import type { Calibration } from '@naevus/shared/answer/probabilities';
import { z } from 'zod';
import { logitLoss } from '../../network/loss/logit-loss.ts';
import { classShares } from '../../run/class-prior.ts';
import type { ClassWeights } from '../../run/class-weights.ts';
import { classCount, labelIndex, labels } from '../../taxonomy/current.ts';
import type { ScoredImage } from './metrics-report.ts';

const perClass = z.array(z.number()).min(2);

const usedSchema = z.looseObject({
  weights: perClass,
  logitOffsets: perClass,
  shareOfImages: perClass,
  loss: z.looseObject({ focalGamma: z.number(), labelSmoothing: z.number() }),
});

/**
 * Each class's share of the training loss, as the final weights leave it: the mean loss of its images by the
 * run's own loss, times how often an epoch shows it. Shares sum to 1.
 *
 * @param images with the scores that `calibration` gave; of each class at least one.
 * @returns undefined where the run does not say its loss, or a class has no image.
 */
export function measuredLossShares(
  images: readonly ScoredImage[],
  { used }: ClassWeights,
  { temperature, logitBias }: Calibration,
): number[] | undefined {
  const parsed = usedSchema.safeParse(used);
  if (!parsed.success) return undefined;
  const { weights, logitOffsets, shareOfImages, loss } = parsed.data;
  const options = {
    classes: classCount(),
    focalGamma: loss.focalGamma,
    labelSmoothing: loss.labelSmoothing,
    classWeights: weights,
    logitOffsets,
  };
  const sums = labels().map(() => ({ loss: 0, images: 0 }));
  for (const { label, scores } of images) {
    // Softmax forgets a constant only, and so does the loss. A score of 0 is below the smallest float.
    const logits = Float32Array.from(
      scores,
      (score, k) => temperature * (Math.log(Math.max(score, 1e-45)) - logitBias[k]!),
    );
    const sum = sums[labelIndex(label)]!;
    sum.loss += logitLoss(logits, [labelIndex(label)], options).value;
    sum.images++;
  }
  if (sums.some((sum) => sum.images === 0)) return undefined;
  return classShares(sums.map((sum, k) => (shareOfImages[k]! * sum.loss) / sum.images));
}
