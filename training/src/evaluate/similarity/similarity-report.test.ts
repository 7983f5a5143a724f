import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createCaseSearch } from '@naevus/shared/model/find-similar-cases';
import { LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectCases } from './project-cases.ts';
import { type HeldOutImage, similarityReport } from './similarity-report.ts';

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const kernels = new WebAssembly.Module(readFileSync(wasm));

/** Cases on an arc of 8 features' first two, 4 degrees apart: 20 nv, then 20 mel. */
const at = (degrees: number) => {
  const angle = (degrees * Math.PI) / 180;
  return Float32Array.of(Math.cos(angle), Math.sin(angle), 0, 0, 0, 0, 0, 0);
};
const caseLabels: Label[] = Array.from({ length: 40 }, (_, i) => (i < 20 ? 'nv' : 'mel'));
const caseFeatures = caseLabels.map((_, i) => at(4 * i));

const sure = (label: Label, score = 0.94) =>
  LABELS.map((one) => (one === label ? score : (1 - score) / 6));

const image = (imageId: string, label: Label, degrees: number, scores: number[]): HeldOutImage => ({
  imageId,
  label,
  lesionId: null,
  scores,
  features: at(degrees),
});

const images = [
  // Amid its own; the nearest five and sixteen are nv.
  image('a', 'nv', 30, sure('nv')),
  // Amid the nv, though a melanoma; the scores say so.
  image('b', 'mel', 30, sure('mel')),
  // Right beside the border: the nearest is a mel, of the nearest 5 three are.
  image('c', 'mel', 79, sure('nv', 0.5)),
];

function report(thresholds?: Record<string, number>) {
  const index = {
    ...projectCases(caseFeatures),
    cases: caseLabels.map((label, i) => ({
      ...{ imageId: String(i), lesionId: null, label: labelIndex(label) },
      ...{ confirmedBy: 'histology' as const, pictureBytes: i < 20 ? 1000 : 0 },
    })),
  };
  return similarityReport({
    images,
    index,
    search: createCaseSearch(index, kernels, LABELS.length),
    caseFeatures,
    indexBytes: 1234,
    split: 'validation',
    thresholds,
    seed: 1,
  });
}

beforeAll(async () => {
  await tf.setBackend('wasm');
});

describe('similarityReport', () => {
  it('counts the nearest cases of the own diagnosis', () => {
    const { all, byClass, index, data } = report();
    expect(data).toEqual({ split: 'validation', images: 3, lesions: 3 });
    expect(byClass.nv!.precision[1].value).toBe(1);
    expect(byClass.nv!.precision[16].value).toBe(1);
    expect(byClass.nv!.meanAveragePrecision).toBeCloseTo(1, 9);
    expect(byClass.mel!.precision[1].value).toBe(0.5);
    expect(byClass.mel!.precision[5].value).toBeCloseTo((0 + 3) / 10, 9);
    expect(all.precision[5].value).toBeCloseTo((5 + 0 + 3) / 15, 9);
    expect(byClass.df).toMatchObject({ images: 0, cases: 0, vote: { value: null } });
    expect(index).toMatchObject({ cases: 40, bytes: 1234, pictures: 20, pictureBytes: 20_000 });
    // All five of two images, two of the third.
    expect(index.picturedOfNearest5).toBeCloseTo(12 / 15, 9);
    expect(index.imagesWithPicturedCase).toBe(1);
  });

  it('loses nothing against the full search where two features hold everything', () => {
    const { all, fullSearch } = report();
    expect(fullSearch.precisionAt5).toBeCloseTo(all.precision[5].value!, 9);
    expect(fullSearch.meanAveragePrecision).toBeCloseTo(all.meanAveragePrecision!, 9);
  });

  it('sets the vote beside the scores, and says who is right where they differ', () => {
    const { byClass, disagreement } = report();
    expect(byClass.mel!.scores.value).toBe(0.5);
    expect(byClass.mel!.vote.value).toBe(0.5);
    expect(disagreement).toMatchObject({ images: 2, scoresRight: 1, voteRight: 1, review: null });
    expect(disagreement.accuracyWhereAgreed).toBe(1);
    expect(disagreement.accuracyOfSurest).toBe(1);
  });

  it('compares reviewing by similar cases with a lower threshold', () => {
    // c has a malignant score of 0.25: routine, with malignant cases among its nearest.
    const { review } = report({ 'melanoma-sensitivity-95': 0.3 }).disagreement;
    expect(review).toEqual({ images: 1, malignant: 1, malignantByLowerThreshold: 1 });
  });
});
