import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { COLOUR_OPERATIONS, drawColour, drawShape, SHAPE_OPERATIONS } from './strong-operations.ts';
import type { Transform } from './transform.ts';

const IDENTITY: Transform = [1, 0, 0, 0, 1, 0];
/** Skin under a red lamp, a dark spot and a bright one. */
const picture = () => Float32Array.of(200, 120, 100, 80, 40, 30, 240, 180, 160);

describe('shape operations', () => {
  it('do nothing at no strength', () => {
    for (const operation of Object.values(SHAPE_OPERATIONS)) {
      const of = operation(IDENTITY, 0, createRandom(1));
      for (const [i, value] of IDENTITY.entries()) expect(of[i]).toBeCloseTo(value, 12);
    }
  });

  it('keep the area, or show more or less of it', () => {
    const area = ([xx, xy, , yx, yy]: Transform) => xx * yy - xy * yx;
    const of = (name: keyof typeof SHAPE_OPERATIONS) =>
      SHAPE_OPERATIONS[name](IDENTITY, 1, createRandom(2));
    for (const name of ['shearX', 'shearY', 'stretch', 'shift'] as const) {
      expect(area(of(name))).toBeCloseTo(1, 12);
      expect(of(name)).not.toEqual(IDENTITY);
    }
    expect(area(of('nearer'))).toBeCloseTo(1 / 2.25, 12);
    expect(area(of('farther'))).toBeCloseTo(2.25, 12);
  });
});

describe('colour operations', () => {
  it('do nothing at no strength', () => {
    for (const operation of Object.values(COLOUR_OPERATIONS)) {
      const pixels = picture();
      operation(pixels, 0, createRandom(1));
      for (const [i, value] of picture().entries()) expect(pixels[i]).toBeCloseTo(value, 3);
    }
  });

  it('take the light out: by the brightest, and by the mean of order 6', () => {
    const byMaximum = picture();
    COLOUR_OPERATIONS.maxRgb(byMaximum, 1);
    const level = (240 + 180 + 160) / 3;
    for (const value of byMaximum.subarray(6)) expect(value).toBeCloseTo(level, 3);
    const mean = (pixels: Float32Array, c: number) =>
      ((pixels[c]! ** 6 + pixels[c + 3]! ** 6 + pixels[c + 6]! ** 6) / 3) ** (1 / 6);
    const byMean = picture();
    COLOUR_OPERATIONS.shadesOfGrey(byMean, 1);
    expect(mean(byMean, 1)).toBeCloseTo(mean(byMean, 0), 2);
    expect(mean(byMean, 2)).toBeCloseTo(mean(byMean, 0), 2);
  });

  it('stretch the levels, and fade towards grey', () => {
    const stretched = picture();
    COLOUR_OPERATIONS.autoContrast(stretched, 1);
    expect([Math.min(...stretched), Math.max(...stretched)]).toEqual([0, 255]);
    const faded = picture();
    COLOUR_OPERATIONS.grey(faded, 1);
    expect(faded[0]! - faded[2]!).toBeCloseTo(0.2 * 100, 3);
  });

  it('are drawn by the seed, one at a time', () => {
    const drawn = (seed: number) => {
      const pixels = picture();
      const random = createRandom(seed);
      drawColour(pixels, 1, random);
      return [...pixels, ...drawShape(IDENTITY, 1, random)];
    };
    expect(drawn(3)).toEqual(drawn(3));
    expect(new Set(Array.from({ length: 12 }, (_, seed) => drawn(seed).join())).size).toBe(12);
  });
});
