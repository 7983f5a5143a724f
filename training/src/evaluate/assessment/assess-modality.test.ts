import { createModalityMeter } from '@naevus/shared/model/modality';
import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { assessModality, type KindImage } from './assess-modality.ts';

const SIZE = 16;
const random = createRandom(8);
const around = (place: number, spread = 0.4) =>
  Float32Array.from(
    { length: SIZE },
    (_, i) => 2 + (i === place ? 3 : 0) + spread * random.normal(),
  );
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const dermoscopic = [
  ...many(60, () => ({ kind: 'dermoscopic' as const, source: 'a', features: around(0) })),
  ...many(60, () => ({ kind: 'dermoscopic' as const, source: 'b', features: around(1) })),
];
const others: KindImage[] = [
  ...many(
    30,
    (i): KindImage => ({ kind: 'close-up', source: 'c', lesionId: `L${i}`, features: around(2) }),
  ),
  ...many(
    30,
    (i): KindImage => ({ kind: 'phone', source: 'd', lesionId: `P${i}`, features: around(3) }),
  ),
];
const fixed = many(10, () => ({ kind: 'no-skin' as const, source: 'e', features: around(4) }));

describe('assessModality', () => {
  it('judges each image without a dermatoscope by a fit without its lesion', () => {
    const { heldOut, model, features } = assessModality(dermoscopic, others, fixed);
    expect(features).toBe(SIZE);
    expect(heldOut).toHaveLength(others.length);
    expect(Math.max(...heldOut)).toBeLessThan(0.5);
    // Fitted on itself an image is told more surely.
    const measure = createModalityMeter(model);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(others.map((one) => measure(one.features).dermoscopic))).toBeLessThan(
      mean(heldOut),
    );
  });

  it('does not know an image whose only likeness is left out with it', () => {
    const twins = many(
      2,
      (): KindImage => ({ kind: 'phone', source: 'd', lesionId: 'T', features: around(0, 0.1) }),
    );
    const { heldOut, model } = assessModality(dermoscopic, [...others, ...twins], fixed);
    const measure = createModalityMeter(model);
    for (const [i, twin] of twins.entries()) {
      const without = heldOut[others.length + i]!;
      expect(without).toBeGreaterThan(0.5);
      expect(measure(twin.features).dermoscopic).toBeLessThan(without);
    }
  });

  it('leaves each dermoscopic source out once', () => {
    const { withoutSource } = assessModality(dermoscopic, others, fixed);
    expect([...withoutSource.keys()]).toEqual(['a', 'b']);
    const measure = createModalityMeter(withoutSource.get('a')!);
    const [known, unknown] = [1, 0].map((place) =>
      many(40, () => measure(around(place)).dermoscopic).reduce((a, b) => a + b),
    );
    expect(known).toBeGreaterThan(unknown!);
  });
});
