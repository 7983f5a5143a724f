import { OPERATING_POINTS } from '@naevus/shared/answer/operating-point';
import { scores } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy';
import { expect, it } from 'vitest';
import type { FittedAssessment } from './fit-assessment.ts';
import { isFlagged } from './flagged.ts';
import { fitsWithoutLesion, type SquamousImage, squamousThreshold } from './squamous-threshold.ts';

const fitted = {
  calibration: { temperature: 1, logitBias: LABELS.map(() => 0) },
  thresholds: Object.fromEntries(OPERATING_POINTS.map((point) => [point, 0.05])),
} as unknown as FittedAssessment;

/** Nearly all keratosis, and a little of what it may be taken for. */
const image = (akiec: number, lesionId: string | null = null): SquamousImage => ({
  lesionId,
  logits: Float32Array.from(LABELS, (label) =>
    Math.log(label === 'akiec' ? akiec : label === 'bkl' ? 1 - akiec : 1e-6),
  ),
});
const random = createRandom(6);
const images = Array.from({ length: 198 }, (_, i) =>
  image(i < 10 ? 0.004 + 0.002 * i : 0.06 + 0.5 * random.next(), `L${Math.floor(i / 2)}`),
);

it('keeps all of 198 images from being routine, which 99 % of further ones need', () => {
  const threshold = squamousThreshold(images, fitted)!;
  expect(threshold).toBeCloseTo(0.004, 4);
  const found = images.map(({ logits }) =>
    isFlagged(scores(logits, fitted.calibration), { ...fitted, squamousThreshold: threshold }),
  );
  expect(found.every(Boolean)).toBe(true);
  const without = images.filter(({ logits }) =>
    isFlagged(scores(logits, fitted.calibration), fitted),
  );
  expect(without).toHaveLength(188);
});

it('asks for nothing where the malignant score finds them all', () => {
  const sure = Array.from({ length: 100 }, () => image(0.5));
  expect(squamousThreshold(sure, fitted)).toBe(1);
});

it('promises nothing of few images', () => {
  expect(squamousThreshold(images.slice(0, 98), fitted)).toBeUndefined();
});

it('leaves the images of a lesion out together', () => {
  const [first, second, third] = fitsWithoutLesion(images, fitted);
  // L0 has the two least scores.
  expect(first!.squamousThreshold).toBeCloseTo(0.008, 4);
  expect(second!.squamousThreshold).toBe(first!.squamousThreshold);
  expect(third!.squamousThreshold).toBeCloseTo(0.004, 4);
});
