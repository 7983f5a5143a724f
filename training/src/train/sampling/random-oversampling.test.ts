import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { countLabels } from '../../run/class-prior.ts';
import reference from './fixtures/random-oversampling.json' with { type: 'json' };
import { randomOversample } from './random-oversampling.ts';

describe('randomOversample', () => {
  it("draws as imbalanced-learn's RandomOverSampler does", () => {
    const integers = reference.integers.values();
    const positions = randomOversample(reference.labels, 3, {
      integer: () => integers.next().value!,
    });
    expect(positions).toEqual(reference.positions);
  });

  it('brings every class that has images to the count of the commonest', () => {
    const { labels } = reference;
    const positions = randomOversample(labels, 4, createRandom(1));
    const counts = countLabels(
      positions.map((position) => labels[position]!),
      4,
    );
    expect(counts).toEqual([8, 8, 8, 0]);
    expect(new Set(positions)).toEqual(new Set(labels.keys()));
  });
});
