import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { chooseCalibration } from './choose-calibration.ts';

/** `images` images of `lesions` lesions each, all of one class. */
const imagesOf = (lesions: number, perLesion: number) =>
  Array.from({ length: lesions * perLesion }, (_, i) => ({
    label: 'nv' as Label,
    lesionId: `lesion ${Math.floor(i / perLesion)}`,
  }));

/** A row whose score of the true class is this one. */
const row = (score: number) =>
  LABELS.map((label) => (label === 'nv' ? score : (1 - score) / (LABELS.length - 1)));

describe('chooseCalibration', () => {
  const images = imagesOf(100, 2);
  /** The share of lesions that `vector` makes better; it makes the others worse by as much. */
  const scoresBy = (better: number) => ({
    none: images.map(() => row(0.6)),
    temperature: images.map(() => row(0.59)),
    vector: images.map((_, i) => row(Math.floor(i / 2) % 100 < better ? 0.66 : 0.54)),
  });

  it('keeps to the simplest where the gain is within chance', () => {
    const { chosen, candidates } = chooseCalibration(images, scoresBy(55));
    const [none, , vector] = candidates;
    expect(vector!.logLoss).toBeLessThan(none!.logLoss);
    expect(chosen).toBe('none');
  });

  it('takes the one with more parameters where the gain is beyond it', () => {
    expect(chooseCalibration(images, scoresBy(70)).chosen).toBe('vector');
  });

  it('counts the images of a lesion together', () => {
    const { candidates } = chooseCalibration(images, scoresBy(55));
    const apart = images.map((image) => ({ ...image, lesionId: null }));
    const independent = chooseCalibration(apart, scoresBy(55)).candidates;
    // The vector's figures are the lowest, so that the error is of what it differs from none by.
    expect(candidates[0]!.standardError / independent[0]!.standardError).toBeCloseTo(Math.SQRT2, 6);
    expect(candidates[2]!.standardError).toBe(0);
  });

  it('gives the error of a mean where each lesion has one image', () => {
    const single = imagesOf(100, 1);
    const by = {
      none: single.map(() => row(0.6)),
      temperature: single.map(() => row(0.5)),
      vector: single.map((_, i) => row(i % 2 === 0 ? 0.7 : 0.6)),
    };
    // Differences of ln(0.7 / 0.6) and 0 in turns: their standard deviation over the root of 100.
    const [none] = chooseCalibration(single, by).candidates;
    expect(none!.standardError).toBeCloseTo(Math.log(0.7 / 0.6) / 2 / 10, 9);
  });
});
