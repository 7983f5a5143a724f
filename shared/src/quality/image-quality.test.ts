import { describe, expect, it } from 'vitest';
import { INPUT_SIZE } from '../preprocessing/preprocessing-spec.ts';
import { createRandom } from '../random.ts';
import { measureQuality } from './image-quality.ts';
import { checkQuality } from './quality-limits.ts';

type Pixel = (x: number, y: number) => number;

/** A grey picture. */
function picture(grey: Pixel): Uint8Array {
  return Uint8Array.from({ length: INPUT_SIZE ** 2 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return Math.max(0, Math.min(255, grey(pixel % INPUT_SIZE, Math.floor(pixel / INPUT_SIZE))));
  });
}

const CENTRE = (INPUT_SIZE - 1) / 2;
const disc =
  (radius: number, inside: number, outside: number): Pixel =>
  (x, y) =>
    Math.hypot(x - CENTRE, y - CENTRE) < radius ? inside : outside;

describe('measureQuality', () => {
  it('finds a picture of nothing but soft waves less sharp than one of noise, whatever its contrast', () => {
    const random = createRandom(1);
    const noise = Array.from({ length: INPUT_SIZE ** 2 }, () => 60 * random.next());
    const at = (x: number, y: number) => noise[y * INPUT_SIZE + x]!;
    const smooth: Pixel = (x, y) => 130 + 30 * Math.sin(x / 9) + 30 * Math.sin(y / 7);
    const sharp = measureQuality(picture((x, y) => 100 + at(x, y))).sharpness;
    const faint = measureQuality(picture((x, y) => 100 + at(x, y) / 2)).sharpness;
    const soft = measureQuality(picture(smooth)).sharpness;
    expect(faint).toBeCloseTo(sharp, 1);
    expect(soft).toBeLessThan(sharp - 0.2);
  });

  it('finds nothing in a flat picture', () => {
    expect(measureQuality(picture(() => 130))).toEqual({
      sharpness: 0,
      brightness: 130 / 255,
      clipped: 0,
      lesion_contrast: 0,
      lesion_area: 0,
      hair: 0,
    });
  });

  it('measures light, and what is as good as black or white', () => {
    const half = measureQuality(picture((x) => (x < INPUT_SIZE / 2 ? 0 : 200)));
    expect(half.brightness).toBeCloseTo(100 / 255, 2);
    expect(half.clipped).toBeCloseTo(0.5, 6);
    expect(measureQuality(picture(() => 252)).clipped).toBe(1);
  });

  it('finds a dark lesion: its share of the middle, and how much darker it is', () => {
    const { lesion_area, lesion_contrast } = measureQuality(picture(disc(50, 70, 180)));
    expect(lesion_contrast).toBeCloseTo(110 / 255, 2);
    expect(lesion_area).toBeCloseTo((50 / (0.95 * CENTRE)) ** 2, 2);
  });

  it('does not take the black corners of a dermatoscope for a lesion', () => {
    const round: Pixel = (x, y) =>
      Math.hypot(x - CENTRE, y - CENTRE) > 0.98 * CENTRE ? 0 : disc(40, 90, 170)(x, y);
    expect(measureQuality(picture(round)).lesion_contrast).toBeCloseTo(80 / 255, 2);
  });

  it('counts thin dark lines, and no broad ones', () => {
    const lines =
      (width: number): Pixel =>
      (x) =>
        x % 28 < width ? 60 : 180;
    expect(measureQuality(picture(lines(2))).hair).toBeGreaterThan(0.05);
    expect(measureQuality(picture(lines(14))).hair).toBe(0);
  });

  it('refuses another length', () => {
    expect(() => measureQuality(new Uint8Array(9))).toThrow('150528 bytes');
  });
});

describe('checkQuality', () => {
  const quality = measureQuality(picture(disc(50, 70, 180)));

  it('holds each measure that has a limit against it', () => {
    const checks = checkQuality(quality, {
      brightness: { min: 0.4, max: 0.5 },
      clipped: { max: 0.1 },
    });
    expect(checks).toMatchObject([
      { check: 'brightness', min: 0.4, max: 0.5, passed: false },
      { check: 'clipped', max: 0.1, value: 0, passed: true },
    ]);
  });
});
