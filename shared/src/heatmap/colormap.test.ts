import { describe, expect, it } from 'vitest';
import { COLORMAP } from './colormap.ts';

const entry = (i: number) => [...COLORMAP.subarray(3 * i, 3 * i + 3)];

/** CIE lightness of an sRGB colour (IEC 61966-2-1, CIE 15). */
function lightness(rgb: readonly number[]): number {
  const [r, g, b] = rgb.map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  return luminance > 216 / 24389 ? 116 * Math.cbrt(luminance) - 16 : (luminance * 24389) / 27;
}

describe('COLORMAP', () => {
  it('is viridis, from dark violet over green to yellow', () => {
    expect(COLORMAP).toHaveLength(256 * 3);
    expect(entry(0)).toEqual([68, 1, 84]);
    expect(entry(128)).toEqual([33, 145, 140]);
    expect(entry(255)).toEqual([253, 231, 37]);
  });

  it('gets lighter in nearly equal steps', () => {
    const levels = Array.from({ length: 256 }, (_, i) => lightness(entry(i)));
    const slope = (levels[255]! - levels[0]!) / 255;
    for (const [i, level] of levels.entries()) {
      expect(Math.abs(level - (levels[0]! + slope * i))).toBeLessThan(3);
    }
  });
});
