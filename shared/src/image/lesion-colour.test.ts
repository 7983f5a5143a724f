import { describe, expect, it } from 'vitest';
import { LIMITS_OF_OLDER_VERSIONS } from './image-quality.ts';
import { type ColourSums, colourFeatures, lesionColourOddity } from './lesion-colour.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** Skin with a lesion on a quarter of it, each with so much noise of its own in red and blue. */
function picture(skin: Colour, lesion: Colour, noise = 6): ColourSums {
  const sums = (parts: readonly (readonly [number, Colour])[]) => ({
    pixels: parts.reduce((sum, [pixels]) => sum + pixels, 0),
    red: parts.reduce((sum, [pixels, [red]]) => sum + pixels * red, 0),
    green: parts.reduce((sum, [pixels, [, green]]) => sum + pixels * green, 0),
    blue: parts.reduce((sum, [pixels, [, , blue]]) => sum + pixels * blue, 0),
  });
  const parts = [
    [750, skin],
    [250, lesion],
  ] as const;
  const squared = (of: (colour: Colour) => number) =>
    parts.reduce((sum, [pixels, colour]) => sum + pixels * (of(colour) ** 2 + noise ** 2), 0);
  return {
    lesion: sums([[250, lesion]]),
    all: sums(parts),
    redLessGreenSquared: squared(([red, green]) => red - green),
    blueLessGreenSquared: squared(([, green, blue]) => blue - green),
  };
}

const SKIN: Colour = [198, 148, 150];
const LESION: Colour = [124, 76, 72];
const LIMIT = LIMITS_OF_OLDER_VERSIONS.colour!.max!;

const each = (change: (colour: Colour) => Colour, noise?: number) =>
  lesionColourOddity(picture(change(SKIN), change(LESION), noise));

describe('lesionColourOddity', () => {
  it('is far below the limit for skin with a brown lesion', () => {
    expect(each((colour) => colour)).toBeLessThan(LIMIT - 4);
  });

  it('is below the limit for pale and for dark skin, and in warm and in cool light', () => {
    expect(lesionColourOddity(picture([228, 196, 186], [170, 120, 100]))).toBeLessThan(LIMIT);
    expect(lesionColourOddity(picture([126, 88, 72], [70, 44, 36]))).toBeLessThan(LIMIT);
    expect(each(([r, g, b]) => [r * 1.06, g, b * 0.94])).toBeLessThan(LIMIT);
    expect(each(([r, g, b]) => [r * 0.94, g, b * 1.06])).toBeLessThan(LIMIT);
  });

  it.each<[string, (colour: Colour) => Colour, number?]>([
    ['grey', ([r, g, b]) => Array(3).fill(0.299 * r + 0.587 * g + 0.114 * b) as never, 0],
    ['red and blue exchanged', ([r, g, b]) => [b, g, r]],
    ['red and green exchanged', ([r, g, b]) => [g, r, b]],
    ['inverted', ([r, g, b]) => [255 - r, 255 - g, 255 - b]],
    ['red alone', ([r]) => [r, 0, 0]],
    ['green cast', ([r, g, b]) => [0.7 * r, 1.1 * g, 0.7 * b]],
  ])('is above the limit where the picture is %s', (_, change, noise) => {
    expect(each(change, noise)).toBeGreaterThan(LIMIT);
  });

  it('is a number for pictures of one colour, black among them', () => {
    for (const level of [0, 128, 255]) {
      const flat = picture([level, level, level], [level, level, level], 0);
      expect(colourFeatures(flat).every(Number.isFinite)).toBe(true);
      const nothing = { ...flat, lesion: { pixels: 0, red: 0, green: 0, blue: 0 } };
      expect(lesionColourOddity(nothing)).toBeCloseTo(lesionColourOddity(flat), 9);
    }
  });
});
