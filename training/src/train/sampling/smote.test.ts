import { describe, expect, it } from 'vitest';
import reference from './fixtures/smote.json' with { type: 'json' };
import { smote } from './smote.ts';

const features = {
  rows: reference.rows.map((row) => Float32Array.from(row)),
  strata: reference.labels,
  sources: 1,
};

/** Gives back what the reference's generator drew. */
const replay = () => {
  const integers = reference.integers.values();
  const uniforms = reference.uniforms.values();
  return { integer: () => integers.next().value!, next: () => uniforms.next().value! };
};

describe('smote', () => {
  it("makes the points that imbalanced-learn's SMOTE makes of the same draws", () => {
    const { rows, strata } = smote(features, 3, 5, replay());
    expect(strata).toEqual(reference.resampledLabels);
    for (const [i, row] of rows.entries()) {
      for (const [j, value] of row.entries()) {
        expect(value, `row ${i}`).toBeCloseTo(reference.resampledRows[i]![j]!, 5);
      }
    }
  });

  it('leaves what it is given as it is', () => {
    const before = features.rows.map((row) => row.slice());
    const { rows, strata } = smote(features, 3, 5, replay());
    expect(features.rows).toEqual(before);
    expect(rows.slice(0, before.length)).toEqual(before);
    expect(strata.slice(0, before.length)).toEqual(reference.labels);
  });

  it('passes over a class without images', () => {
    const { strata } = smote(features, 4, 5, replay());
    expect(strata).toEqual(reference.resampledLabels);
  });

  it('names the class that has too few images for so many neighbours', () => {
    expect(() => smote(features, 3, 7, replay())).toThrow(
      'class bcc has 7 training images: SMOTE with 7 neighbours needs 8',
    );
  });
});
