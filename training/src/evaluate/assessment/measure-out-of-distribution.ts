import type { ImageQuality } from '@naevus/shared/image/image-quality';
import { rankSamples } from '../metrics/ranking.ts';
import { rocAuc } from '../metrics/roc.ts';
import { abstains, abstentionOf } from './answered-image.ts';
import type { AssessedImage } from './assessed-image.ts';
import type { AssessmentReport } from './assessment-report.ts';
import type { CrossFitted } from './cross-fit.ts';
import type { FittedAssessment } from './fit-assessment.ts';
import { heldOutShare, isBeyond, shareOf } from './held-out-shares.ts';
import type { NonLesionUse } from './non-lesions.ts';

/** A picture without a lesion, as far as it is measured. */
export interface MeasuredNonLesion {
  readonly use: NonLesionUse;
  readonly kind: string;
  readonly distance: number;
  readonly quality: ImageQuality;
  readonly logits: Float32Array;
  /** How likely it was taken through a dermatoscope; undefined where that is not told. */
  readonly dermoscopic?: number | undefined;
}

/** How many lesions and how many pictures without a lesion are out of distribution. */
export function measureOutOfDistribution(
  held: readonly CrossFitted[],
  nonLesions: readonly MeasuredNonLesion[],
  fitted: FittedAssessment,
  seed: number,
): AssessmentReport['outOfDistribution'] {
  const images = held.map(({ image }) => image);
  const uses = [...new Set(nonLesions.map(({ use }) => use))];
  const kinds = [...new Set(nonLesions.map(({ use, kind }) => `${use} ${kind}`))].sort();
  const refused = ({ distance }: { readonly distance: number }) =>
    distance > fitted.distanceThreshold;
  return {
    threshold: fitted.distanceThreshold,
    refusedLesions: heldOutShare(held, isBeyond, seed),
    byUse: uses.map((use) => {
      const pictures = nonLesions.filter((picture) => picture.use === use);
      return {
        use,
        images: pictures.length,
        auroc: auroc(images, pictures, ({ distance }) => distance),
        energyAuroc: auroc(images, pictures, ({ logits }) => -logSumExp(logits)),
        refused: shareOf(pictures.map(refused)),
      };
    }),
    byKind: kinds.map((name) => {
      const [use, kind] = name.split(' ') as [NonLesionUse, string];
      const pictures = nonLesions.filter((one) => one.use === use && one.kind === kind);
      return {
        use,
        kind,
        images: pictures.length,
        refused: shareOf(pictures.map(refused)),
        abstained: shareOf(pictures.map((one) => abstains(abstentionOf(one, fitted)))),
      };
    }),
    lesionDistances: percentiles(images.map(({ distance }) => distance)),
    nonLesionDistances: percentiles(nonLesions.map(({ distance }) => distance)),
  };
}

function auroc<T extends { readonly distance: number; readonly logits: Float32Array }>(
  lesions: readonly T[] | readonly AssessedImage[],
  others: readonly MeasuredNonLesion[],
  score: (one: Pick<MeasuredNonLesion, 'distance' | 'logits'>) => number,
): number {
  const all = [...lesions, ...others].map(score);
  const truth = all.map((_, i) => (i < lesions.length ? 0 : 1));
  return rocAuc(rankSamples(truth, (i) => all[i]!, 1))!;
}

function logSumExp(logits: Float32Array): number {
  const largest = Math.max(...logits);
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

function percentiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  return Array.from(
    { length: 101 },
    (_, p) => sorted[Math.round((p / 100) * (sorted.length - 1))]!,
  );
}
