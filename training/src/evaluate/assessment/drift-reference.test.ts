import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { softmax } from '@naevus/shared/answer/probabilities';
import { createQualityMeter } from '@naevus/shared/image/image-quality';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { countAnswers } from '@naevus/shared/monitoring/histograms';
import { createRandom, type Random } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { beforeAll, describe, expect, it } from 'vitest';
import { driftParagraph } from '../../reports/drift-paragraph.ts';
import { compareWithReference } from '../drift/compare.ts';
import { driftReferenceSchema } from '../drift/reference.ts';
import { type Degradation, degrade } from './degraded-images.ts';
import { buildDriftReference, type ReferenceAnswer } from './drift-reference.ts';

const count = (answers: Parameters<typeof countAnswers>[0]) => countAnswers(answers, HAM10000);

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const measureQuality = createQualityMeter(new WebAssembly.Module(readFileSync(wasm)));

const REFERENCE = 900;
const WINDOW = 500;

/** A dark disc on bright skin with a pattern, sharper in one picture than in another; no two alike. */
function drawLesion(random: Random): Uint8Array {
  const skin = 160 + 15 * random.normal();
  const depth = 40 + 60 * random.next();
  const radius = (0.15 + 0.3 * random.next()) * INPUT_SIZE;
  const smoothness = 0.3 + 0.6 * random.next();
  const pattern = () => {
    let value = 0;
    return Float64Array.from({ length: INPUT_SIZE }, () => {
      value = smoothness * value + 4 * random.normal();
      return value;
    });
  };
  const [across, down] = [pattern(), pattern()];
  const rgb = new Uint8Array(INPUT_SIZE * INPUT_SIZE * 3);
  for (let i = 0; i < rgb.length; i += 3) {
    const [x, y] = [(i / 3) % INPUT_SIZE, Math.floor(i / 3 / INPUT_SIZE)];
    const inside = Math.hypot(x - INPUT_SIZE / 2, y - INPUT_SIZE / 2) < radius;
    const value = skin - (inside ? depth : 0) + across[x]! + down[y]!;
    rgb.fill(Math.max(0, Math.min(255, value)), i, i + 3);
  }
  return rgb;
}

/** Two pictures a lesion, whose scores are alike. */
function answersTo(pictures: readonly Uint8Array[], seed: number): ReferenceAnswer[] {
  const random = createRandom(seed);
  let logits: number[] = [];
  return pictures.map((rgb, i) => {
    if (i % 2 === 0) logits = LABELS.map((label) => 2 * random.normal() + (label === 'nv' ? 2 : 0));
    return {
      scores: softmax(logits.map((logit) => logit + 0.3 * random.normal())),
      measurements: { quality: measureQuality(rgb), distance: 0.2 + 0.05 * random.normal() },
      lesionId: `lesion-${Math.floor(i / 2)}`,
    };
  });
}

let reference: ReturnType<typeof buildDriftReference>;
let others: Uint8Array[];
beforeAll(() => {
  const random = createRandom(1);
  const pictures = Array.from({ length: REFERENCE }, () => drawLesion(random));
  others = Array.from({ length: WINDOW }, () => drawLesion(random));
  reference = buildDriftReference(answersTo(pictures, 2), 'validation', 3);
});
const compare = (answers: readonly ReferenceAnswer[]) =>
  compareWithReference(reference, count(answers));

describe('buildDriftReference', () => {
  it('fits its schema, and counts images and lesions', () => {
    expect(driftReferenceSchema.parse(JSON.parse(JSON.stringify(reference)))).toEqual(reference);
    expect(reference).toMatchObject({ images: REFERENCE, lesions: REFERENCE / 2 });
    for (const { counts } of Object.values(reference.quantities)) {
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(REFERENCE);
    }
  });

  it('measures that images of one lesion are alike', () => {
    // Scores are nearly the same twice, quality is not.
    const ratio = ({ mean, expected }: { mean: number; expected: number }) => mean / expected;
    expect(ratio(reference.quantities.malignant_score!.halves)).toBeGreaterThan(1.5);
    expect(ratio(reference.quantities.sharpness!.halves)).toBeLessThan(1.3);
    expect(ratio(reference.quantities.sharpness!.halves)).toBeGreaterThan(0.7);
    for (const { halves } of Object.values(reference.quantities)) {
      expect(halves.percentile95).toBeGreaterThanOrEqual(halves.mean);
    }
  });

  it('is the same again, and can be told in words', () => {
    const random = createRandom(1);
    const pictures = Array.from({ length: 50 }, () => drawLesion(random));
    const build = () => buildDriftReference(answersTo(pictures, 2), 'validation', 3);
    expect(build()).toEqual(build());
    expect(driftParagraph(reference)).toContain(`${REFERENCE} validation images`);
    expect(driftParagraph(reference)).not.toMatch(/undefined|NaN/);
  });
});

describe('drift against it', () => {
  it('is not found in other pictures of the same kind', () => {
    const { quantities } = compare(answersTo(others, 5));
    expect(quantities.map(({ change }) => change)).toEqual(quantities.map(() => 'none'));
  });

  it.each<[Degradation, string]>([
    ['dark', 'brightness'],
    ['bright', 'brightness'],
    ['blurred', 'sharpness'],
  ])('is found where a fifth of the pictures is %s', async (degradation, quantity) => {
    const spoilt = await Promise.all(
      others.map((rgb, i) => (i % 5 === 0 ? degrade(rgb, degradation) : rgb)),
    );
    const { verdict, quantities } = compare(answersTo(spoilt, 5));
    expect(verdict).toBe('drift');
    expect(quantities.find((one) => one.quantity === quantity)!.change).toMatch(/moderate|large/);
    expect(quantities.find((one) => one.quantity === 'labels')!.change).toBe('none');
  });

  it('is found where naevi stay away', () => {
    const answers = answersTo(others, 5);
    const rare = answers.filter(({ scores }) => scores[LABELS.indexOf('nv')]! < 0.5);
    expect(rare.length).toBeGreaterThan(100);
    const { verdict, quantities } = compare(rare);
    expect(verdict).toBe('drift');
    expect(quantities.find((one) => one.quantity === 'labels')!.change).toBe('large');
    expect(quantities.find((one) => one.quantity === 'brightness')!.change).toBe('none');
  });
});
