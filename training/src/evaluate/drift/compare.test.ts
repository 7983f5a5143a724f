import { softmax } from '@naevus/shared/answer/probabilities';
import {
  addHistograms,
  binOf,
  countAnswers,
  subtractHistograms,
} from '@naevus/shared/monitoring/histograms';
import {
  type CountedAnswer,
  DRIFT_EDGES,
  DRIFT_QUANTITIES,
  DRIFT_QUANTITY_TEXTS,
  measureAnswer,
  scoreQuantities,
} from '@naevus/shared/monitoring/quantities';
import { createRandom, type Random } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { describe, expect, it } from 'vitest';
import { compareWithReference } from './compare.ts';
import type { DriftReference } from './reference.ts';

const count = (answers: Parameters<typeof countAnswers>[0]) => countAnswers(answers, HAM10000);

/** Answers as they are of lesions, `nv` the likelier the larger its share. */
function answer(random: Random, { nv = 1.5, sharper = 0 } = {}): CountedAnswer {
  const logits = LABELS.map((label) => 2 * random.normal() + (label === 'nv' ? nv : 0));
  return {
    scores: softmax(logits),
    measurements: {
      distance: 0.2 + 0.06 * random.normal(),
      quality: {
        sharpness: 0.65 + 0.06 * random.normal() + sharper,
        brightness: 0.6 + 0.07 * random.normal(),
        clipped: Math.max(0, 0.02 * (random.next() - 0.8)),
        lesion_contrast: 0.24 + 0.1 * random.normal(),
        colour: -6 + 2 * random.normal(),
        lesion_area: random.next() * 0.6,
        hair: 0.02 * random.next() ** 4,
      },
    },
  };
}

const answers = (seed: number, images: number, change = {}) => {
  const random = createRandom(seed);
  return Array.from({ length: images }, () => answer(random, change));
};

const HALVES = { bins: 10, mean: 0.018, percentile95: 0.03, expected: 0.018 };
const counted = count(answers(1, 3000));
const reference: DriftReference = {
  schemaVersion: 1,
  split: 'validation',
  images: 3000,
  lesions: 3000,
  splits: 200,
  labels: { counts: [...counted.labels], halves: HALVES },
  quantities: Object.fromEntries(
    DRIFT_QUANTITIES.map((name) => [
      name,
      {
        edges: [...DRIFT_EDGES[name]],
        counts: [...counted.quantities[name]!],
        halves: HALVES,
      },
    ]),
  ),
};
const compare = (seed: number, images: number, change = {}) =>
  compareWithReference(reference, count(answers(seed, images, change)));

describe('compareWithReference', () => {
  it('finds no drift in other images of the same kind, nearly always', () => {
    const verdicts = Array.from({ length: 100 }, (_, i) => compare(100 + i, 400).verdict);
    expect(verdicts.filter((verdict) => verdict === 'no-drift').length).toBeGreaterThan(96);
    expect(verdicts).not.toContain('cannot-tell');
  });

  it('finds another sharpness, and names it first', () => {
    const { verdict, quantities } = compare(2, 400, { sharper: -0.05 });
    expect(verdict).toBe('drift');
    expect(quantities[0]).toMatchObject({ quantity: 'sharpness', change: 'large', images: 400 });
    expect(quantities[0]!.ks!.distance).toBeGreaterThan(0.2);
    for (const { change } of quantities.slice(1)) expect(change).toBe('none');
  });

  it('finds another mix of classes', () => {
    const { verdict, quantities } = compare(3, 400, { nv: -1 });
    expect(verdict).toBe('drift');
    expect(quantities.find(({ quantity }) => quantity === 'labels')).toMatchObject({
      change: 'large',
    });
    expect(quantities.find(({ quantity }) => quantity === 'labels')!.ks).toBeUndefined();
  });

  it('calls small what is measurable and less than the threshold', () => {
    const { verdict, quantities } = compare(4, 3000, { sharper: -0.012 });
    expect(quantities[0]).toMatchObject({ quantity: 'sharpness', change: 'small' });
    expect(verdict).toBe('no-drift');
  });

  it('does not say that nothing has changed before it could tell', () => {
    const { verdict, imagesNeeded } = compare(5, 150);
    expect(verdict).toBe('cannot-tell');
    expect(imagesNeeded).toBeGreaterThan(200);
    expect(compare(5, imagesNeeded!).verdict).toBe('no-drift');
    expect(compare(6, imagesNeeded! - 1).verdict).toBe('cannot-tell');
    // What is large shows in few.
    expect(compare(7, 60, { sharper: -0.15 }).verdict).toBe('drift');
    expect(compare(7, 49, { sharper: -0.15 }).verdict).toBe('cannot-tell');
    expect(compare(7, 0)).toMatchObject({ verdict: 'cannot-tell', images: 0, quantities: [] });
  });

  it('takes off what chance adds to the index', () => {
    const mean = (images: number) => {
      const indices = Array.from({ length: 50 }, (_, i) => {
        const of = compare(300 + i, images).quantities.find((q) => q.quantity === 'brightness')!;
        return { psi: of.psi, expected: of.expectedPsi };
      });
      const average = (key: 'psi' | 'expected') =>
        indices.reduce((sum, one) => sum + one[key], 0) / 50;
      return average('psi') / average('expected');
    };
    for (const images of [60, 400]) {
      expect(mean(images)).toBeGreaterThan(0.7);
      expect(mean(images)).toBeLessThan(1.3);
    }
  });

  it('believes less where images of a lesion are alike', () => {
    const held = reference.quantities.sharpness!;
    const alike = {
      ...reference,
      quantities: { sharpness: { ...held, halves: { ...HALVES, mean: 0.054 } } },
    };
    const window = count(answers(8, 200, { sharper: -0.03 }));
    const [believed] = compareWithReference(alike, window).quantities.filter(({ ks }) => ks);
    const [plain] = compareWithReference(reference, window).quantities;
    expect(believed).toMatchObject({ quantity: 'sharpness', psi: plain!.psi });
    expect(believed!.expectedPsi).toBeCloseTo(3 * plain!.expectedPsi, 9);
    expect(believed!.psiP).toBeGreaterThan(plain!.psiP);
    expect(believed!.imagesNeeded).toBeGreaterThan(plain!.imagesNeeded!);
  });

  it('compares scores alone where there is no more', () => {
    const scored = answers(9, 500).map(({ scores }) => ({ scores }));
    const { verdict, quantities } = compareWithReference(reference, count(scored));
    expect(verdict).toBe('no-drift');
    expect(quantities.map(({ quantity }) => quantity).sort()).toEqual(
      ['labels', ...scoreQuantities(HAM10000)].sort(),
    );
  });

  it('cannot tell with a reference that is too small', () => {
    const few = count(answers(1, 100));
    const small = {
      ...reference,
      images: 100,
      labels: { ...reference.labels, counts: [...few.labels] },
      quantities: {
        top_score: { ...reference.quantities.top_score!, counts: [...few.quantities.top_score!] },
      },
    };
    expect(compareWithReference(small, count(answers(2, 900)))).toMatchObject({
      verdict: 'cannot-tell',
      imagesNeeded: null,
    });
  });
});

describe('measureAnswer', () => {
  it('gives the label of the highest score, and figures by hand', () => {
    const { label, values } = measureAnswer({ scores: [0.1, 0, 0, 0, 0.5, 0.4, 0] }, HAM10000);
    expect(label).toBe('mel');
    expect(values).toEqual({
      top_score: 0.5,
      malignant_score: 0.6,
      entropy: expect.closeTo(
        -(0.1 * Math.log(0.1) + 0.5 * Math.log(0.5) + 0.4 * Math.log(0.4)) / Math.log(7),
        12,
      ),
    });
    expect(measureAnswer({ scores: LABELS.map(() => 1 / 7) }, HAM10000).values.entropy).toBeCloseTo(
      1,
      12,
    );
    expect(measureAnswer({ scores: [1, 0, 0, 0, 0, 0, 0] }, HAM10000).values.entropy).toBe(0);
  });

  it('has ascending edges, not too many, and a text for each quantity', () => {
    for (const name of DRIFT_QUANTITIES) {
      const edges = DRIFT_EDGES[name];
      expect(edges).toEqual([...new Set(edges)].sort((a, b) => a - b));
      expect(edges.length).toBeLessThan(40);
      expect(DRIFT_QUANTITY_TEXTS[name]).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe('histograms', () => {
  it('count every answer once in each quantity', () => {
    for (const counts of Object.values(counted.quantities)) {
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3000);
    }
    expect(binOf(Number.POSITIVE_INFINITY, [1, 2])).toBe(2);
  });

  it('are added and taken from each other', () => {
    const [one, two] = [count(answers(11, 40)), count(answers(12, 30))];
    const both = count([...answers(11, 40), ...answers(12, 30)]);
    expect(addHistograms([one, two])).toEqual(both);
    expect(subtractHistograms(both, two)).toEqual(one);
    expect(subtractHistograms(two, both)).toBeUndefined();
    const scored = count(answers(13, 5).map(({ scores }) => ({ scores })));
    expect(addHistograms([scored, one]).quantities.distance).toEqual(one.quantities.distance);
  });
});
