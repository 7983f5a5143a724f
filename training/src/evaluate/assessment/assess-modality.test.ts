import { createModalityMeter } from '@naevus/shared/model/modality';
import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { assessModality, type KindImage } from './assess-modality.ts';

const SIZE = 16;
const random = createRandom(8);
const around = (place: number, spread = 0.4) =>
  Float32Array.from(
    { length: SIZE },
    (_, i) => 0.5 + (i === place ? 3 : 0) + spread * random.normal(),
  );
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const dermoscopic = [
  ...many(
    60,
    (i): KindImage => ({
      kind: 'dermoscopic',
      source: 'a',
      lesionId: `A${i}`,
      features: around(0),
    }),
  ),
  ...many(
    60,
    (i): KindImage => ({
      kind: 'dermoscopic',
      source: 'b',
      lesionId: `B${i}`,
      features: around(1),
    }),
  ),
];
const others: KindImage[] = [
  ...many(
    30,
    (i): KindImage => ({
      kind: 'close-up',
      source: 'c',
      lesionId: `L${i}`,
      features: around(2),
    }),
  ),
  ...many(
    30,
    (i): KindImage => ({
      kind: 'phone',
      source: 'd',
      lesionId: `P${i}`,
      features: around(3),
    }),
  ),
];
const fixed = many(10, () => ({ kind: 'no-skin' as const, source: 'e', features: around(4) }));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

describe('assessModality', () => {
  it('judges each image by a fit without its lesion', () => {
    const images = [...dermoscopic, ...others];
    const { heldOut, model, features } = assessModality(images, fixed);
    expect(features).toBe(SIZE);
    expect(heldOut).toHaveLength(images.length);
    expect(mean(heldOut.slice(0, 120).map((one) => Number(one > 0.5)))).toBeGreaterThan(0.97);
    expect(mean(heldOut.slice(120).map((one) => Number(one < 0.5)))).toBeGreaterThan(0.97);
    // Fitted on itself an image is told more surely.
    const measure = createModalityMeter(model);
    const fitted = images.map((one) => measure(one.features).dermoscopic);
    expect(mean(fitted.slice(120))).toBeLessThan(mean(heldOut.slice(120)));
    expect(mean(fitted.slice(0, 120))).toBeGreaterThan(mean(heldOut.slice(0, 120)));
  });

  it('does not know an image whose only likeness is left out with it', () => {
    const twins = many(
      2,
      (): KindImage => ({
        kind: 'phone',
        source: 'd',
        lesionId: 'T',
        features: around(0, 0.1),
      }),
    );
    const { heldOut, model } = assessModality([...dermoscopic, ...others, ...twins], fixed);
    const measure = createModalityMeter(model);
    for (const [i, twin] of twins.entries()) {
      const without = heldOut[180 + i]!;
      expect(without).toBeGreaterThan(0.5);
      expect(measure(twin.features).dermoscopic).toBeLessThan(without);
    }
  });

  it('leaves each dermoscopic source out once', () => {
    const { heldOut, unseen } = assessModality([...dermoscopic, ...others], fixed);
    expect(unseen.slice(120).every((one) => one === undefined)).toBe(true);
    for (const [from, to] of [
      [0, 60],
      [60, 120],
    ]) {
      const likelihoods = unseen.slice(from, to).map((one) => one!);
      expect(mean(likelihoods)).toBeLessThan(mean(heldOut.slice(from, to)));
    }
  });

  it('has nothing to leave out where there is one dermoscopic source', () => {
    const { unseen } = assessModality([...dermoscopic.slice(0, 60), ...others], fixed);
    expect(unseen.every((one) => one === undefined)).toBe(true);
  });
});
