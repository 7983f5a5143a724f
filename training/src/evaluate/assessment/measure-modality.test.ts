import { expect, it } from 'vitest';
import type { CrossFitted } from './cross-fit.ts';
import type { FittedAssessment } from './fit-assessment.ts';
import { measureModality } from './measure-modality.ts';

const fitted = {
  modalityThreshold: 0.3,
  qualityLimits: {},
  distanceThreshold: 1,
} as FittedAssessment;

/** Likelihoods 0.01, 0.02 ... by all, and by a fit without the source. */
function source(name: string, unseen?: (likelihood: number) => number): CrossFitted[] {
  return Array.from({ length: 100 }, (_, i) => {
    const dermoscopic = (i + 1) / 100;
    const image = {
      ...{ imageId: `${name}${i}`, lesionId: null, source: name, label: 'nv' as const },
      ...{ logits: new Float32Array(7), quality: {} as never, distance: 0 },
      dermoscopic,
      ...(unseen && { dermoscopicUnseen: unseen(dermoscopic) }),
    };
    return { image, fitted, scores: [] };
  });
}
const plan = { home: 'a', seed: 1 };

it('judges a source that is left out by a limit of the others', () => {
  const held = [...source('a', (p) => p), ...source('b', (p) => p / 10)];
  const { bySource } = measureModality(held, [], fitted, plan)!;
  // By the known images of a the limit is 0.04; by those of b that a fit did not know, 0.015.
  expect(bySource.map((one) => [one.source, one.refused])).toEqual([
    ['a', 0.29],
    ['b', 0.29],
  ]);
  expect(bySource[0]!.refusedWithoutSource).toBeLessThan(0.03);
  expect(bySource[1]!.refusedWithoutSource).toBeCloseTo(0.39, 1);
});

it('says nothing of new sources where there is one', () => {
  const { bySource } = measureModality(source('a'), [], fitted, plan)!;
  expect(bySource[0]!.refusedWithoutSource).toBeNull();
});

it('says nothing where no limit was fitted', () => {
  const { modalityThreshold: _, ...without } = fitted;
  expect(measureModality(source('a'), [], without, plan)).toBeUndefined();
});
