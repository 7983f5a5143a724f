import { scores } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { labelIndex, labels } from '../../taxonomy/current.ts';
import { classificationReport } from '../metrics/classification-report.ts';
import type { AssessedImage } from './assessed-image.ts';
import { crossFittedScores } from './cross-fit.ts';
import { planned } from './fit-assessment.ts';

const NO_BIAS = labels().map(() => 0);
const PLAN = { base: { temperature: 1, logitBias: NO_BIAS }, priorBias: NO_BIAS, home: 'home' };
/** 216 lesions cannot be dealt into ten folds with as many of each class. */
const IMAGES = 216;

/** Images whose logits differ little from one to another, and always prefer the first classes. */
function flatImages(spread: number): AssessedImage[] {
  const random = createRandom(3);
  return Array.from({ length: IMAGES }, (_, i) => {
    const truth = i % labels().length;
    const logits = Float32Array.from(
      labels(),
      (_, k) => -k + spread * ((k === truth ? 1.5 : 0) + random.normal()),
    );
    return {
      ...{ imageId: `${i}`, lesionId: `${i}`, source: PLAN.home, label: labels()[truth]!, logits },
      ...{ quality: {} as AssessedImage['quality'], distance: 0 },
    };
  });
}

const auc = (images: readonly AssessedImage[], of: readonly (readonly number[])[]) =>
  classificationReport(
    images.map(({ label }) => labelIndex(label)),
    of,
  ).weighted.auc.value!;

describe('crossFittedScores', () => {
  it.each([0.003, 0.01, 0.1, 1])(
    'tells classes apart as well as one fit does, by logits that differ by %d',
    (spread) => {
      const images = flatImages(spread);
      const byMethod = crossFittedScores(images, PLAN, 1);
      for (const method of ['temperature', 'vector'] as const) {
        const fitted = planned({ ...PLAN, method }, images);
        const served = auc(
          images,
          images.map(({ logits }) => scores(logits, fitted)),
        );
        expect(served).toBeGreaterThan(0.8);
        expect(Math.abs(auc(images, byMethod[method]) - served)).toBeLessThan(0.02);
      }
    },
  );
});
