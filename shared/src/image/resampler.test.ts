import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { INPUT_SIZE, type RgbImage } from './preprocessing-spec.ts';
import pillow from './resampler.pillow.json' with { type: 'json' };
import { createResampler } from './resampler.ts';

// How a Node entry gets the module; other runtimes import it.
const path = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const wasm = new WebAssembly.Module(readFileSync(path));

const resampler = createResampler(wasm);

/** The definition in float64: every input pixel is asked for its weight. */
function reference(image: RgbImage, outWidth: number, outHeight: number, crop = 1): Float64Array {
  const weights = (inSize: number, outSize: number, i: number) => {
    const support = Math.max(1, (inSize * crop) / outSize);
    const centre = inSize * (0.5 + crop * ((i + 0.5) / outSize - 0.5));
    const raw = Array.from({ length: inSize }, (_, k) =>
      Math.max(0, 1 - Math.abs(k + 0.5 - centre) / support),
    );
    const total = raw.reduce((a, b) => a + b);
    return raw.flatMap((weight, k) => (weight > 0 ? [{ k, weight: weight / total }] : []));
  };
  const across = Array.from({ length: outWidth }, (_, x) => weights(image.width, outWidth, x));
  const out = new Float64Array(outWidth * outHeight * 3);
  for (let y = 0; y < outHeight; y++) {
    const down = weights(image.height, outHeight, y);
    for (let x = 0; x < outWidth; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const row of down) {
          for (const column of across[x]!) {
            const value = image.data[(row.k * image.width + column.k) * 3 + c]!;
            sum += row.weight * column.weight * value;
          }
        }
        out[(y * outWidth + x) * 3 + c] = sum;
      }
    }
  }
  return out;
}

/** Values that look random and are the same in every run (a linear congruential generator). */
function noise(width: number, height: number, seed = 1): RgbImage {
  let state = seed;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { data, width, height };
}

/** Largest distance of the rounded result from the exact one; 0.5 is perfect rounding. */
function worstError(image: RgbImage, width: number, height: number, crop?: number): number {
  const exact = reference(image, width, height, crop);
  const result = resampler.resize(image, width, height, crop);
  expect(result).toHaveLength(exact.length);
  return result.reduce((worst, value, i) => Math.max(worst, Math.abs(value - exact[i]!)), 0);
}

/** As toEqual, which takes a second for arrays of this length. */
function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected)).toBe(0);
}

const PERFECT = 0.5 + 1e-4;

describe('resize against the definition in float64', () => {
  it.each([
    ['landscape', 120, 90, 56, 56],
    ['portrait', 90, 120, 56, 56],
    ['odd sizes', 61, 47, 17, 23],
    ['same size', 40, 30, 40, 30],
    ['upscaling', 9, 7, 40, 31],
    ['up one way, down the other', 100, 8, 20, 30],
    ['one row', 50, 1, 7, 7],
    ['one column', 1, 50, 7, 7],
    ['one pixel in', 1, 1, 5, 4],
    ['one pixel out', 31, 17, 1, 1],
    ['a barely smaller side', 57, 56, 56, 55],
  ])('%s: %ix%i to %ix%i', (_, width, height, outWidth, outHeight) => {
    expect(worstError(noise(width, height), outWidth, outHeight)).toBeLessThan(PERFECT);
  });

  it.each([
    [120, 90, 56, 56, 0.875],
    [90, 121, 31, 23, 0.85],
    [40, 30, 40, 30, 0.9],
    [30, 40, 56, 56, 0.5],
    [7, 5, 60, 40, 0.6],
    [1, 1, 5, 4, 0.5],
    [50, 2, 7, 7, 0.51],
  ])(
    'the middle of %ix%i to %ix%i, %d of each side',
    (width, height, outWidth, outHeight, crop) => {
      expect(worstError(noise(width, height), outWidth, outHeight, crop)).toBeLessThan(PERFECT);
    },
  );

  it('does the middle of a picture that is wider than a tile, and taller than a strip', () => {
    expect(worstError(noise(40_000, 3), 9, 2, 0.7)).toBeLessThan(PERFECT);
    expect(worstError(noise(700, 1000), 6, 5, 0.7)).toBeLessThan(PERFECT);
  });

  it('does a picture that is wider than a tile', () => {
    expect(worstError(noise(40_000, 3), 9, 2)).toBeLessThan(PERFECT);
  });

  it('does a picture that is taller than a strip', () => {
    expect(worstError(noise(700, 1000), 6, 5)).toBeLessThan(PERFECT);
  });

  it('does a picture whose rows under one output row do not fit in a strip', () => {
    expect(worstError(noise(900, 900), 2, 1)).toBeLessThan(PERFECT);
  });

  it('keeps channels, columns and rows apart', () => {
    const data = new Uint8Array(8 * 4 * 3);
    data[(1 * 8 + 6) * 3 + 2] = 200;
    const result = resampler.resize({ data, width: 8, height: 4 }, 8, 4);
    expect(result).toEqual(data);
  });

  it('rounds half up', () => {
    const data = Uint8Array.of(10, 20, 31, 11, 21, 30);
    expect([...resampler.resize({ data, width: 2, height: 1 }, 1, 1)]).toEqual([11, 21, 31]);
  });
});

describe('resize against Pillow', () => {
  it.each(pillow.cases)('$width x $height to $outWidth x $outHeight', (expected) => {
    const { width, height, outWidth, outHeight, crop } = expected;
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const c = i % 3;
      const x = ((i - c) / 3) % width;
      const y = Math.floor(i / 3 / width);
      return ((x * 7 + y * 13 + c * 59) ^ ((x * y) >> 2)) & 255;
    });
    const result = resampler.resize({ data, width, height }, outWidth, outHeight, crop);
    const theirs = Buffer.from(expected.rgb, 'base64');
    expect(result).toHaveLength(theirs.length);
    const differences = Array.from(result, (value, i) => Math.abs(value - theirs[i]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    // Pillow rounds between the passes; without that the two would agree but for ties.
    const mean = differences.reduce((a, b) => a + b, 0) / differences.length;
    expect(mean).toBeLessThan(0.25);
  });
});

describe('squash', () => {
  it('is resize to the size of the input', () => {
    const image = noise(300, 200);
    const result = resampler.resizeToInput(image, 1);
    expect(result).toHaveLength(INPUT_SIZE * INPUT_SIZE * 3);
    expectSameBytes(result, resampler.resize(image, INPUT_SIZE, INPUT_SIZE));
  });

  it('shows the same part of a picture whatever its size: what is outside of the crop is not seen', () => {
    // Black but for the outermost sixteenth on each side; of an even number of pixels, so that no pixel is halved.
    const framed = (width: number, height: number): RgbImage => {
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
        const x = Math.floor(i / 3) % width;
        const y = Math.floor(i / 3 / width);
        const inside = (place: number, side: number) =>
          place >= side / 16 && place < (side * 15) / 16;
        return inside(x, width) && inside(y, height) ? 0 : 255;
      });
      return { data, width, height };
    };
    for (const [width, height] of [
      [640, 480],
      [1280, 320],
    ] as const) {
      const image = framed(width, height);
      const side = (bytes: Uint8Array) => bytes.subarray(0, 3 * INPUT_SIZE);
      expect(side(resampler.resizeToInput(image, 1)).every((byte) => byte === 255)).toBe(true);
      // The filter reaches over the border of the crop by less than one pixel of the input.
      const cropped = resampler.resizeToInput(image, 0.875);
      const inner = cropped.subarray(3 * (INPUT_SIZE + 1), 3 * (2 * INPUT_SIZE - 1));
      expect(inner.every((byte) => byte === 0)).toBe(true);
    }
  });

  it.each([0, 1, 127, 254, 255])('keeps a constant picture of %i', (value) => {
    for (const [width, height] of [
      [600, 450],
      [101, 333],
      [33, 20],
    ] as const) {
      const data = new Uint8Array(width * height * 3).fill(value);
      const result = resampler.resizeToInput({ data, width, height }, 1);
      expect(result.every((byte) => byte === value)).toBe(true);
    }
  });

  it('gives the same bytes whatever was resampled before, and from another instance', () => {
    const image = noise(600, 450);
    const first = resampler.resizeToInput(image, 1);
    resampler.resizeToInput(noise(1500, 1100, 7), 1);
    resampler.resize(noise(33, 900, 5), 640, 480);
    expectSameBytes(resampler.resizeToInput(image, 1), first);
    expectSameBytes(createResampler(wasm).resizeToInput(image, 1), first);
  });

  it('gives the same bytes where memory was full of what are no numbers', () => {
    // Bytes of 255 are NaN where they are read as floats: few columns of them take little before them.
    const white = { data: new Uint8Array(100 * 100 * 3).fill(255), width: 100, height: 100 };
    for (let width = 1; width <= 40; width++) {
      const image = noise(width, 12, width);
      resampler.resize(white, 1, 1);
      expectSameBytes(
        resampler.resizeToInput(image, 1),
        createResampler(wasm).resizeToInput(image, 1),
      );
    }
  });

  it('gives the bytes that every engine and version gives', () => {
    const digest = createHash('sha256')
      .update(resampler.resizeToInput(noise(601, 449), 1))
      .digest('hex');
    expect(digest).toBe('25f93119fdcaebf719d8436f3aa9603363f777ee2dc9b7042ecee7e8d819b45b');
  });

  it('leaves the picture as it is and gives a new array each time', () => {
    const image = noise(64, 48);
    const before = image.data.slice();
    const first = resampler.resizeToInput(image, 1);
    const copy = first.slice();
    resampler.resizeToInput(noise(64, 48, 9), 1);
    expectSameBytes(image.data, before);
    expectSameBytes(first, copy);
  });

  it('reads a view into a larger buffer', () => {
    const image = noise(40, 30);
    const larger = new Uint8Array(image.data.length + 7);
    larger.set(image.data, 7);
    expectSameBytes(
      resampler.resizeToInput({ ...image, data: larger.subarray(7) }, 1),
      resampler.resizeToInput(image, 1),
    );
  });
});

describe('memory', () => {
  it.each([
    [8660, 5773],
    [1_562_500, 32],
    [32, 1_562_500],
  ])('is a tenth of the 150 MB of %i x %i at most', (width, height) => {
    const { Instance } = WebAssembly;
    const instances = vi.spyOn(WebAssembly, 'Instance').mockImplementation(
      class {
        readonly exports: WebAssembly.Instance['exports'];
        constructor(module: WebAssembly.Module) {
          this.exports = new Instance(module).exports;
        }
      },
    );
    const { resizeToInput } = createResampler(wasm);
    const { memory } = instances.mock.results[0]!.value.exports as { memory: WebAssembly.Memory };
    instances.mockRestore();

    const data = new Uint8Array(width * height * 3).fill(90);
    const result = resizeToInput({ data, width, height }, 1);
    expect(result.every((byte) => byte === 90)).toBe(true);
    expect(memory.buffer.byteLength).toBeLessThan(data.length / 10);
  });
});

describe('sizes that cannot be', () => {
  const image = noise(4, 3);
  it.each([
    [{ ...image, width: 5 }, 2, 2, /5x3 RGB picture has 45 bytes, not 36/],
    [{ ...image, width: 0 }, 2, 2, /image\.width must be a positive integer, not 0/],
    [{ ...image, height: 1.5 }, 2, 2, /image\.height must be/],
    [image, 0, 2, /^width must be/],
    [image, 2, Number.NaN, /^height must be/],
    [image, -1, 2, /^width must be/],
    [image, 2, 2, /^crop must be above 0 to 1, not 0/, 0],
    [image, 2, 2, /^crop must be/, 1.01],
    [image, 2, 2, /^crop must be/, Number.NaN],
  ])('%#', (image, width, height, message, crop?: number) => {
    expect(() => resampler.resize(image, width, height, crop)).toThrow(RangeError);
    expect(() => resampler.resize(image, width, height, crop)).toThrow(message);
  });
});
