import { expect, it } from 'vitest';
import { randomPictures } from '../../network/fixtures/shrunken-network.ts';
import { recompress } from './jpeg-noise.ts';

const SIZE = 64;

async function error(quality: number): Promise<number> {
  const before = randomPictures(1, SIZE, 3);
  const pixels = before.slice();
  await recompress(pixels, SIZE, quality);
  return pixels.reduce((sum, value, i) => sum + Math.abs(value - before[i]!), 0) / pixels.length;
}

it('leaves more of a trace the lower the quality, and the picture what it is', async () => {
  const [low, high] = [await error(30), await error(95)];
  expect(high).toBeGreaterThan(0.1);
  expect(low).toBeGreaterThan(1.2 * high);
  expect(low).toBeLessThan(40);
});

it('leaves a flat picture flat', async () => {
  const pixels = new Float32Array(SIZE * SIZE * 3).fill(140);
  await recompress(pixels, SIZE, 80);
  for (const value of pixels) expect(Math.abs(value - 140)).toBeLessThanOrEqual(1);
});
