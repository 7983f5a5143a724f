import { describe, expect, it } from 'vitest';
import { createRandom, type RandomState, restoreRandom } from './random.ts';

const draw = (n: number, next: () => number) => Array.from({ length: n }, next);

describe('createRandom', () => {
  it('gives the reference sequence of xoshiro128** 1.1 from the state 1, 2, 3, 4', () => {
    const random = restoreRandom({ algorithm: 'xoshiro128**', words: [1, 2, 3, 4] });
    // From the authors' xoshiro128starstar.c; the same list is in the tests of the Rust crate rand_xoshiro.
    expect(draw(10, random.uint32)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  it('expands the seed with SplitMix64', () => {
    // The first two outputs of the reference splitmix64.c from state 1234567:
    // 6457827717110365317 and 3203168211198807973.
    const { words } = createRandom(1234567).state;
    expect(BigInt(words[0]) + (BigInt(words[1]) << 32n)).toBe(6457827717110365317n);
    expect(BigInt(words[2]) + (BigInt(words[3]) << 32n)).toBe(3203168211198807973n);
  });

  it('continues exactly from a state that went through JSON', () => {
    const random = createRandom(7);
    draw(13, random.normal);
    const saved: RandomState = JSON.parse(JSON.stringify(random.state));
    const expected = [...draw(5, random.normal), ...draw(5, () => random.integer(1000))];
    const restored = restoreRandom(saved);
    expect([...draw(5, restored.normal), ...draw(5, () => restored.integer(1000))]).toEqual(
      expected,
    );
  });

  it('differs from seed to seed, negative ones included', () => {
    const firsts = [0, 1, 2, -1, -2, 2 ** 40].map((seed) => createRandom(seed).next());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('is uniform in [0, 1), and normal with mean 0 and variance 1', () => {
    const random = createRandom(1);
    const n = 200_000;
    const uniform = draw(n, random.next);
    expect(Math.min(...uniform.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(uniform.every((x) => x < 1)).toBe(true);
    const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;
    expect(mean(uniform)).toBeCloseTo(0.5, 2);
    const normal = draw(n, random.normal);
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
    // 4.55 % of a normal distribution lies beyond two deviations.
    expect(normal.filter((x) => Math.abs(x) > 2).length / n).toBeCloseTo(0.0455, 2);
  });

  it('draws integers evenly, at the edges of its range too', () => {
    const random = createRandom(3);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[random.integer(3)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it('shuffles in place into every order about equally often', () => {
    const random = createRandom(5);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(['a', 'b', 'c']).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('refuses what it cannot use', () => {
    expect(() => createRandom(1.5)).toThrow(/safe integer/);
    expect(() => createRandom(1).integer(0)).toThrow(RangeError);
    expect(() => restoreRandom({ algorithm: 'xoshiro128**', words: [0, 0, 0, 0] })).toThrow(
      /not a state/,
    );
    expect(() =>
      restoreRandom({ algorithm: 'mt19937', words: [1, 2, 3, 4] } as unknown as RandomState),
    ).toThrow(/not a state/);
  });
});
