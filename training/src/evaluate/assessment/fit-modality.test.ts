import { IMAGE_KINDS, type ImageKind } from '@naevus/shared/image/image-kinds';
import { createModalityMeter, readModalityModel } from '@naevus/shared/model/modality';
import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { fitModality, type KindExample, serializeModality } from './fit-modality.ts';

const SIZE = 12;
const random = createRandom(4);

/** Around a direction of its own for each kind, far from the others' or near. */
function examples(count: number, spread: number, source = 'a'): KindExample[] {
  return IMAGE_KINDS.flatMap((kind, k) =>
    Array.from({ length: count }, () => ({
      kind,
      source,
      features: Float32Array.from(
        { length: SIZE },
        (_, i) => 2 + (i === 2 * k ? 3 : 0) + spread * random.normal(),
      ),
    })),
  );
}

const shareRight = (model: ReturnType<typeof fitModality>, of: readonly KindExample[]) => {
  const measure = createModalityMeter(model);
  return of.filter(({ kind, features }) => measure(features).kind === kind).length / of.length;
};

describe('fitModality', () => {
  it('tells kinds apart that it was not fitted on, whatever the length of the features', () => {
    const model = fitModality(examples(40, 0.4));
    const others = examples(50, 0.4).map((one) => ({
      ...one,
      features: one.features.map((value) => 9 * value),
    }));
    expect(shareRight(model, others)).toBeGreaterThan(0.97);
  });

  it('gives likelihoods, not verdicts, where kinds overlap', () => {
    const model = fitModality(examples(200, 2.5));
    const measure = createModalityMeter(model);
    const fresh = examples(500, 2.5);
    const dermoscopic = fresh.map(({ features }) => measure(features).dermoscopic);
    const expected = dermoscopic.reduce((sum, value) => sum + value, 0) / fresh.length;
    expect(expected).toBeCloseTo(1 / 4, 1);
    expect(Math.max(...dermoscopic)).toBeLessThan(1);
  });

  it('weighs a small source as much as a large one', () => {
    const shifted = (source: string, count: number, at: number): KindExample[] =>
      Array.from({ length: count }, () => ({
        kind: 'dermoscopic' as ImageKind,
        source,
        features: Float32Array.from(
          { length: SIZE },
          (_, i) => 2 + (i === at ? 3 : 0) + 0.4 * random.normal(),
        ),
      }));
    const rest = examples(30, 0.4).filter(({ kind }) => kind !== 'dermoscopic');
    const model = fitModality([...rest, ...shifted('large', 600, 9), ...shifted('small', 12, 11)]);
    expect(shareRight(model, shifted('small', 100, 11))).toBeGreaterThan(0.95);
  });

  it('refuses what it cannot be fitted on', () => {
    const lacking = examples(3, 1).filter(({ kind }) => kind !== 'phone');
    expect(() => fitModality(lacking)).toThrow('no example of the kind phone');
    const ragged = [...examples(3, 1), { ...examples(1, 1)[0]!, features: new Float32Array(5) }];
    expect(() => fitModality(ragged)).toThrow('5 features where the first example has 12');
  });

  it('is read as it was written', () => {
    const model = fitModality(examples(5, 1));
    const bytes = new Uint8Array(serializeModality(model));
    expect(readModalityModel(bytes, { method: 'logistic-regression', features: SIZE })).toEqual(
      model,
    );
  });
});
