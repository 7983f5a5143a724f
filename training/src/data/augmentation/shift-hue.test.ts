import { expect, it } from 'vitest';
import { shiftHue } from './shift-hue.ts';

// By Python's colorsys: rgb_to_hsv, the share added to h, hsv_to_rgb.
it.each([
  [[200, 30, 90], 0.1, [200, 72, 30]],
  [[200, 30, 90], -0.35, [30, 107, 200]],
  [[10, 250, 40], 0.1, [10, 250, 184]],
  [[10, 250, 40], 0.5, [250, 10, 220]],
  [[40, 60, 240], 0.1, [140, 40, 240]],
  [[40, 60, 240], -0.35, [80, 240, 40]],
  [[255, 200, 0], -0.35, [174.5, 0, 255]],
  [[0, 255, 255], 0.5, [255, 0, 0]],
  [[130, 130, 130], 0.3, [130, 130, 130]],
])('turns %j by %d to %j', (before, share, after) => {
  const pixels = Float32Array.from(before);
  shiftHue(pixels, share);
  for (const [i, value] of after.entries()) expect(pixels[i]).toBeCloseTo(value, 3);
});
