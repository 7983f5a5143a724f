import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/random.ts';
import { checkQuality, createQualityMeter, type ImageQuality } from './image-quality.ts';
import { lesionColourOddity } from './lesion-colour.ts';
import { INPUT_SIZE } from './preprocessing-spec.ts';

// On a loaded machine fewer cases, not a failure.
fc.configureGlobal({ interruptAfterTimeLimit: 8000 });

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const measureQuality = createQualityMeter(new WebAssembly.Module(readFileSync(wasm)));

type Pixel = (x: number, y: number) => number;

/** A grey image. */
function image(grey: Pixel): Uint8Array {
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
    const sharp = measureQuality(image((x, y) => 100 + at(x, y))).sharpness;
    const faint = measureQuality(image((x, y) => 100 + at(x, y) / 2)).sharpness;
    const soft = measureQuality(image(smooth)).sharpness;
    expect(faint).toBeCloseTo(sharp, 1);
    expect(soft).toBeLessThan(sharp - 0.2);
  });

  it('finds nothing in a flat picture', () => {
    expect(measureQuality(image(() => 130))).toEqual({
      sharpness: 0,
      brightness: 130 / 255,
      clipped: 0,
      lesion_contrast: 0,
      lesion_area: 0,
      hair: 0,
      colour: expect.any(Number),
    });
  });

  it('measures light, and what is as good as black or white', () => {
    const half = measureQuality(image((x) => (x < INPUT_SIZE / 2 ? 0 : 200)));
    expect(half.brightness).toBeCloseTo(100 / 255, 2);
    expect(half.clipped).toBeCloseTo(0.5, 6);
    expect(measureQuality(image(() => 252)).clipped).toBe(1);
  });

  it('finds a dark lesion: its share of the middle, and how much darker it is', () => {
    const { lesion_area, lesion_contrast } = measureQuality(image(disc(50, 70, 180)));
    expect(lesion_contrast).toBeCloseTo(110 / 255, 2);
    expect(lesion_area).toBeCloseTo((50 / (0.95 * CENTRE)) ** 2, 2);
  });

  it('does not take the black corners of a dermatoscope for a lesion', () => {
    const round: Pixel = (x, y) =>
      Math.hypot(x - CENTRE, y - CENTRE) > 0.98 * CENTRE ? 0 : disc(40, 90, 170)(x, y);
    expect(measureQuality(image(round)).lesion_contrast).toBeCloseTo(80 / 255, 2);
  });

  it('counts thin dark lines, and no broad ones', () => {
    const lines =
      (width: number): Pixel =>
      (x) =>
        x % 28 < width ? 60 : 180;
    expect(measureQuality(image(lines(2))).hair).toBeGreaterThan(0.05);
    expect(measureQuality(image(lines(14))).hair).toBe(0);
  });

  it('refuses another length', () => {
    expect(() => measureQuality(new Uint8Array(9))).toThrow('150528 bytes');
  });
});

/** The definition, a pixel at a time in plain numbers: what all limits and histograms were fitted with. */
function reference(rgb: Uint8Array): ImageQuality {
  const luma = Array.from(
    { length: INPUT_SIZE ** 2 },
    (_, i) => (77 * rgb[3 * i]! + 150 * rgb[3 * i + 1]! + 29 * rgb[3 * i + 2]!) >> 8,
  );
  const at = (x: number, y: number) => luma[y * INPUT_SIZE + x]!;
  const every = (from: number, to: number, step: number) =>
    Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  const blur = (pixel: (along: number, line: number) => number) => {
    let [all, lost] = [0, 0];
    for (const line of every(0, INPUT_SIZE, 2)) {
      for (const i of every(5, INPUT_SIZE - 4, 1)) {
        const sharp = 9 * Math.abs(pixel(i, line) - pixel(i - 1, line));
        const blurred = Math.abs(pixel(i + 4, line) - pixel(i - 5, line));
        all += sharp;
        lost += Math.max(0, sharp - blurred);
      }
    }
    return all === 0 ? 1 : (all - lost) / all;
  };

  const circle = every(0, INPUT_SIZE, 2).flatMap((y) => {
    const half = Math.sqrt(Math.max(0, (CENTRE * 0.95) ** 2 - (y - CENTRE) ** 2));
    return every(Math.ceil(CENTRE - half), Math.floor(CENTRE + half) + 1, 2).map(
      (x) => y * INPUT_SIZE + x,
    );
  });
  const inCircle = circle.map((pixel) => luma[pixel]!);
  let best = { between: 0, contrast: 0, area: 0, threshold: 0 };
  for (let threshold = 0; threshold < 255; threshold++) {
    const dark = inCircle.filter((value) => value <= threshold);
    const light = inCircle.filter((value) => value > threshold);
    if (dark.length === 0 || light.length === 0) continue;
    const contrast = mean(light) - mean(dark);
    const between = dark.length * light.length * contrast * contrast;
    const area = dark.length / inCircle.length;
    if (between > best.between) best = { between, contrast, area, threshold };
  }
  const sum = (pixels: readonly number[], of: (r: number, g: number, b: number) => number) =>
    pixels.reduce((a, p) => a + of(rgb[3 * p]!, rgb[3 * p + 1]!, rgb[3 * p + 2]!), 0);
  const sums = (pixels: readonly number[]) => ({
    pixels: pixels.length,
    red: sum(pixels, (r) => r),
    green: sum(pixels, (_, g) => g),
    blue: sum(pixels, (_r, _g, b) => b),
  });
  const colour = lesionColourOddity({
    lesion: sums(circle.filter((pixel) => luma[pixel]! <= best.threshold)),
    all: sums(circle),
    redLessGreenSquared: sum(circle, (r, g) => (r - g) ** 2),
    blueLessGreenSquared: sum(circle, (_, g, b) => (b - g) ** 2),
  });

  const inside = every(3, INPUT_SIZE - 3, 2);
  const onLines = inside.flatMap((y) =>
    inside.map((x) => {
      const limit = at(x, y) + 14;
      const across = at(x - 3, y) > limit && at(x + 3, y) > limit;
      return across || (at(x, y - 3) > limit && at(x, y + 3) > limit) ? 1 : 0;
    }),
  );
  return {
    sharpness:
      1 -
      Math.max(
        blur(at),
        blur((along, line) => at(line, along)),
      ),
    brightness: mean(luma) / 255,
    clipped: mean(luma.map((value) => (value <= 12 || value >= 250 ? 1 : 0))),
    lesion_contrast: best.contrast / 255,
    lesion_area: best.area,
    hair: mean(onLines),
    colour,
  };
}

describe('measureQuality against the definition', () => {
  const flat = (value: number) => image(() => value);
  /** Any bytes in any range, some pixels and lines of it as often as not black or white. */
  const speckled = fc
    .record({
      seed: fc.nat(),
      low: fc.integer({ min: 0, max: 255 }),
      high: fc.integer({ min: 0, max: 255 }),
      extremes: fc.constantFrom(0, 0.01, 0.5, 1),
      repeat: fc.constantFrom(1, 3, 7, INPUT_SIZE * 3),
    })
    .map(({ seed, low, high, extremes, repeat }) => {
      const random = createRandom(seed);
      let value = 0;
      return Uint8Array.from({ length: INPUT_SIZE ** 2 * 3 }, (_, i) => {
        if (i % repeat > 0) return value;
        value = low + (high - low) * random.next();
        if (random.next() < extremes) value = random.next() < 0.5 ? 0 : 255;
        return value;
      });
    });
  const lesions = fc
    .tuple(fc.nat(), fc.double({ min: 1, max: 150, noNaN: true }))
    .map(([seed, radius]) => {
      const random = createRandom(seed);
      const [inside, outside] = [random.next() * 255, random.next() * 255];
      const shape = disc(radius, inside, outside);
      return image((x, y) => shape(x, y) + 20 * random.normal());
    });
  const same = (rgb: Uint8Array) => expect(measureQuality(rgb)).toEqual(reference(rgb));

  it('is the same for any picture', () => {
    fc.assert(
      fc.property(fc.oneof(speckled, lesions), (rgb) => void same(rgb)),
      { numRuns: 25 },
    );
  });

  it.each([0, 1, 12, 13, 128, 249, 250, 255])('is the same for a flat picture of %i', (value) => {
    same(flat(value));
  });

  it('is the same whatever was measured before, for a view that begins anywhere', () => {
    const rgb = image(disc(50, 70, 180));
    const first = measureQuality(rgb);
    measureQuality(flat(255));
    const larger = new Uint8Array(rgb.length + 5);
    larger.set(rgb, 5);
    expect(measureQuality(larger.subarray(5))).toEqual(first);
  });
});

describe('checkQuality', () => {
  const quality = measureQuality(image(disc(50, 70, 180)));

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
