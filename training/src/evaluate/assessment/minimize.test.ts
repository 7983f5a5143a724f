import { describe, expect, it } from 'vitest';
import { minimize } from './minimize.ts';

describe('minimize', () => {
  it('finds the minimum of a badly scaled quadratic', () => {
    const scales = [1, 10, 100, 1000];
    const wanted = [3, -2, 0.5, 7];
    const found = minimize((at, gradient) => {
      let value = 0;
      for (const [k, scale] of scales.entries()) {
        const off = at[k]! - wanted[k]!;
        value += (scale * off * off) / 2;
        gradient[k] = scale * off;
      }
      return value;
    }, new Float64Array(4));
    for (const [k, value] of wanted.entries()) expect(found[k]).toBeCloseTo(value, 6);
  });

  it('finds the minimum of a convex function that is no quadratic', () => {
    // exp(x) - 2x + y^4 - 4y: at log 2 and 1.
    const found = minimize(
      (at, gradient) => {
        const [x, y] = at as unknown as [number, number];
        gradient[0] = Math.exp(x) - 2;
        gradient[1] = 4 * y ** 3 - 4;
        return Math.exp(x) - 2 * x + y ** 4 - 4 * y;
      },
      Float64Array.of(5, 3),
    );
    expect(found[0]).toBeCloseTo(Math.LN2, 5);
    expect(found[1]).toBeCloseTo(1, 5);
  });

  it('stays where it is at a minimum, and leaves the start as it was', () => {
    const start = Float64Array.of(0);
    const found = minimize((at, gradient) => {
      gradient[0] = 2 * at[0]!;
      return at[0]! ** 2;
    }, start);
    expect([...found, ...start]).toEqual([0, 0]);
  });
});
