import { expandFeatures } from '@naevus/shared/image/lesion-colour';
import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { fitColourModel } from './fit-colour-model.ts';

const random = createRandom(5);
const around = (x: number, y: number, spread: number) =>
  Array.from({ length: 400 }, () => [x + spread * random.normal(), y + spread * random.normal()]);

describe('fitColourModel', () => {
  it('tells a cloud from a ring around it, which no straight line does', () => {
    const inside = around(3, -2, 1);
    const ring = Array.from({ length: 400 }, (_, i) => [3 + 6 * Math.cos(i), -2 + 6 * Math.sin(i)]);
    const model = fitColourModel([{ features: inside, weight: 0.5 }], {
      features: ring,
      weight: 0.5,
    });
    const odds = (row: number[]) =>
      expandFeatures(row, model).reduce((sum, term, i) => sum + term * model.weights[i]!, 0);
    expect(model.mean[0]).toBeCloseTo(3, 0);
    expect(inside.filter((row) => odds(row) > 0).length).toBeLessThan(8);
    expect(ring.filter((row) => odds(row) < 0).length).toBe(0);
  });

  it('gives the logarithm of the odds of their weights where nothing tells the two', () => {
    const model = fitColourModel(
      [
        { features: around(0, 0, 1), weight: 0.25 },
        { features: around(0, 0, 1), weight: 0.25 },
      ],
      { features: around(0, 0, 1), weight: 0.125 },
    );
    expect(model.weights[0]).toBeCloseTo(Math.log(0.125 / 0.5), 0);
  });
});
