import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { createResampler } from '@naevus/shared/image/resampler';
import { expect, it } from 'vitest';
import { kindViews } from './kind-views.ts';

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const resampler = createResampler(new WebAssembly.Module(readFileSync(wasm)));

it('turns and flips the input, and takes its middle from nearer', () => {
  // Red in the top left quarter.
  const rgb = Uint8Array.from({ length: INPUT_SIZE * INPUT_SIZE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % INPUT_SIZE, Math.floor(i / 3 / INPUT_SIZE)];
    return i % 3 === 0 && x < 56 && y < 56 ? 200 : 20;
  });
  const before = rgb.slice();
  const redOf = (view: Uint8Array, x: number, y: number) => view[(y * INPUT_SIZE + x) * 3];
  const share = (view: Uint8Array) =>
    view.filter((value, i) => i % 3 === 0 && value > 100).length / INPUT_SIZE ** 2;
  const [turned, flipped, nearest] = kindViews(rgb, resampler);
  expect(rgb).toEqual(before);
  expect(redOf(turned!, 200, 20)).toBe(200);
  expect(share(turned!)).toBeCloseTo(1 / 16, 3);
  // Of the corner 33.6 of 179.2 pixels are left of each side, then 16.8 of 145.6.
  expect(redOf(flipped!, 10, 215)).toBe(200);
  expect(share(flipped!)).toBeCloseTo((33.6 / 179.2) ** 2, 2);
  expect(redOf(nearest!, 5, 5)).toBe(200);
  expect(share(nearest!)).toBeCloseTo((16.8 / 145.6) ** 2, 2);
});
