import { operatingPointNames } from '@naevus/shared/answer/operating-point';
import { scores } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { expect, it } from 'vitest';
import type { FittedAssessment } from './fit-assessment.ts';
import { isFlagged } from './flagged.ts';
import { fitsWithoutLesion, type SquamousImage, squamousThreshold } from './squamous-threshold.ts';

const fitted = {
  calibration: { temperature: 1, logitBias: LABELS.map(() => 0) },
  thresholds: Object.fromEntries(operatingPointNames(HAM10000).map((point) => [point, 0.05])),
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

/** Naevi that look a little like keratosis, which squamous cell carcinoma is not taken for. */
const naevi = Array.from({ length: 50 }, () => ({
  label: 'nv' as const,
  scores: LABELS.map((label) => ({ nv: 0.98, akiec: 0.006, bkl: 0.014 })[label as string] ?? 0),
}));

it('keeps all of 198 images from being routine, which 99 % of further ones need', () => {
  const threshold = squamousThreshold(images, [], fitted)!;
  // Half of the least: 0.004.
  expect(threshold).toEqual({ least: expect.closeTo(0.002, 4), against: [] });
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
  expect(squamousThreshold(sure, naevi, fitted)).toEqual({ least: 1, against: [] });
});

it('promises nothing of few images', () => {
  expect(squamousThreshold(images.slice(0, 98), naevi, fitted)).toBeUndefined();
});

it('asks beside the class that tells most of it, so that fewer benign lesions are flagged', () => {
  const threshold = squamousThreshold(images, naevi, fitted)!;
  expect(threshold).toMatchObject({ against: ['nv'] });
  const flagged = (squamous: typeof threshold) =>
    naevi.filter((one) => isFlagged(one.scores, { ...fitted, squamousThreshold: squamous })).length;
  expect(flagged(threshold)).toBe(0);
  expect(flagged(0.004)).toBe(50);
  for (const { logits } of images) {
    const served = scores(logits, fitted.calibration);
    expect(isFlagged(served, { ...fitted, squamousThreshold: threshold })).toBe(true);
  }
});

it('leaves the images of a lesion out together', () => {
  const squamous = squamousThreshold(images, [], fitted);
  const least = fitsWithoutLesion(images, { ...fitted, squamousThreshold: squamous }).map(
    ({ squamousThreshold: one }) => (one as { least: number }).least,
  );
  // L0 has the two least scores, 0.004 and 0.006.
  expect(least[0]).toBeCloseTo(0.004, 4);
  expect(least[1]).toBe(least[0]);
  expect(least[2]).toBeCloseTo(0.002, 4);
});
