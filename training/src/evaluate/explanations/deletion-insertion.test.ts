import { describe, expect, it } from 'vitest';
import { areaUnder, deletionInsertion, STEPS } from './deletion-insertion.ts';
import { pixelOrder } from './pixel-order.ts';

const SIDE = 224;

/** Hot in one of 7 x 7 cells. */
function mapAt(row: number, column: number): number[] {
  return Array.from({ length: 49 }, (_, i) => (i === row * 7 + column ? 1 : 0));
}

describe('pixelOrder', () => {
  it('begins in the hot cell and ends far from it, with every pixel once', () => {
    const order = pixelOrder(mapAt(1, 5));
    expect(new Set(order).size).toBe(SIDE * SIDE);
    for (const place of order.subarray(0, 300)) {
      expect(Math.floor(place / SIDE / 32)).toBe(1);
      expect(Math.floor((place % SIDE) / 32)).toBe(5);
    }
  });

  it('has what speaks against the class last', () => {
    const order = pixelOrder(mapAt(2, 3).map((value) => -value));
    for (const place of order.subarray(-300)) {
      expect([Math.floor(place / SIDE / 32), Math.floor((place % SIDE) / 32)]).toEqual([2, 3]);
    }
  });

  it('takes finer maps', () => {
    const map = new Float32Array(196);
    map[3 * 14 + 11] = 1;
    const [first] = pixelOrder(map);
    expect([Math.floor(first! / SIDE / 16), Math.floor((first! % SIDE) / 16)]).toEqual([3, 11]);
  });
});

describe('deletionInsertion', () => {
  // The score is how much of a white patch in one cell is still white.
  const picture = new Uint8Array(SIDE * SIDE * 3).fill(40);
  for (let y = 32; y < 64; y++) picture.fill(255, (y * SIDE + 160) * 3, (y * SIDE + 192) * 3);
  const score = async (rgb: Uint8Array) => {
    let white = 0;
    for (let y = 32; y < 64; y++) {
      for (let x = 160; x < 192; x++) if (rgb[(y * SIDE + x) * 3] === 255) white++;
    }
    return white / 1024;
  };

  it('tells a map that shows what counts from one that shows all but that', async () => {
    const [right, wrong] = await deletionInsertion(
      picture,
      [mapAt(1, 5), mapAt(1, 5).map((value) => -value)].map(pixelOrder),
      score,
    );
    for (const { deletion, insertion } of [right!, wrong!]) {
      expect([deletion.length, insertion.length]).toEqual([STEPS + 1, STEPS + 1]);
      expect([deletion[0], deletion.at(-1)]).toEqual([1, 0]);
      expect([insertion[0], insertion.at(-1)]).toEqual([0, 1]);
    }
    expect(areaUnder(right!.deletion)).toBeLessThan(0.1);
    expect(areaUnder(right!.insertion)).toBeGreaterThan(0.9);
    expect(areaUnder(wrong!.deletion)).toBeGreaterThan(0.6);
    expect(areaUnder(wrong!.insertion)).toBeLessThan(0.4);
  });

  it('measures areas by the trapezoidal rule', () => {
    expect(areaUnder([1, 0])).toBe(0.5);
    expect(areaUnder([1, 1, 0])).toBe(0.75);
  });
});
