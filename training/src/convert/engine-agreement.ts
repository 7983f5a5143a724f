import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { labels } from '../taxonomy/current.ts';
import type { WeightPrecision } from './float16.ts';

/** Engines that differ by more in any score, or in any top class, must not serve one version. */
export const MAX_ENGINE_DIFFERENCE = 2e-3;
/** Half-precision weights that move a score by more are not worth the space they save. */
export const MAX_ROUNDING_DIFFERENCE = 1e-2;

/** How many pictures the engines are compared on. */
export const AGREEMENT_IMAGES = 64;

/** How far two models' scores lie apart on the same pictures. */
export interface Agreement {
  readonly images: number;
  readonly maxAbsProbabilityDifference: number;
  /** Share of the pictures whose top class is the same. */
  readonly topClassAgreement: number;
}

/** `parity.json`: what was compared before a version was written. */
export interface EngineAgreementReport {
  readonly schemaVersion: 1;
  /** Image ids. */
  readonly images: readonly string[];
  readonly weights: WeightPrecision;
  /** The exported formats against each other, on the engines named. */
  readonly engines: Agreement & { readonly compared: readonly [string, string] };
  /** The exported ONNX model against one with single-precision weights. */
  readonly rounding: Agreement;
}

/**
 * Compares the scores that two models' logits become.
 *
 * @throws NonFiniteLogitError when a logit is not finite; RangeError when there are no pictures.
 */
export function compareLogits(
  one: readonly Float32Array[],
  other: readonly Float32Array[],
  calibration: Calibration,
): Agreement {
  if (one.length === 0 || one.length !== other.length) {
    throw new RangeError(`${one.length} and ${other.length} pictures cannot be compared`);
  }
  let difference = 0;
  let same = 0;
  for (const [i, logits] of one.entries()) {
    const a = scores(logits, calibration);
    const b = scores(other[i]!, calibration);
    for (const [k, score] of a.entries())
      difference = Math.max(difference, Math.abs(score - b[k]!));
    if (a.indexOf(Math.max(...a)) === b.indexOf(Math.max(...b))) same++;
  }
  return {
    images: one.length,
    maxAbsProbabilityDifference: difference,
    topClassAgreement: same / one.length,
  };
}

/** Whether two engines may serve the same version. */
export function enginesAgree(agreement: Agreement): boolean {
  return (
    agreement.maxAbsProbabilityDifference <= MAX_ENGINE_DIFFERENCE &&
    agreement.topClassAgreement === 1
  );
}

/** Images to compare engines on: seeded, of each class in turn, as long as it has any. */
export function agreementImages<I extends { readonly label: string }>(
  images: readonly I[],
  seed: number,
  count = AGREEMENT_IMAGES,
): I[] {
  const shuffled = createRandom(seed).shuffle([...images]);
  const queues = labels().map((label) => shuffled.filter((image) => image.label === label));
  const chosen: I[] = [];
  while (chosen.length < Math.min(count, images.length)) {
    for (const queue of queues) {
      const next = queue.shift();
      if (next && chosen.length < count) chosen.push(next);
    }
  }
  return chosen;
}
