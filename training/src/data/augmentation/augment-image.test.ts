import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import {
  augmentImage,
  imageDataGeneratorTransform,
  type SquareImage,
  warp,
} from './augment-image.ts';
import { type Augmentation, augmentationSchema } from './augmentation-config.ts';
import keras from './fixtures/keras-image-data-generator.json' with { type: 'json' };

const SIZE = 32;

/** Dark, with one red quarter at the top left. */
const corner: SquareImage = {
  data: Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
    return i % 3 === 0 && x < SIZE / 2 && y < SIZE / 2 ? 200 : 20;
  }),
  size: SIZE,
  aspect: 1,
};

function augment(
  options: Partial<Augmentation>,
  seed = 1,
  size = SIZE,
  image = corner,
): Float32Array {
  const output = new Float32Array(size * size * 3);
  augmentImage(image, augmentationSchema.parse(options), createRandom(seed), output, 0, size);
  return output;
}

/** Mean red of the four quarters: top left, top right, bottom left, bottom right. */
function quarters(pixels: Float32Array, size = SIZE): number[] {
  const sums = [0, 0, 0, 0];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const quarter = (y < size / 2 ? 0 : 2) + (x < size / 2 ? 0 : 1);
      sums[quarter] = sums[quarter]! + pixels[(y * size + x) * 3]!;
    }
  }
  return sums.map((sum) => (sum / (size * size)) * 4);
}

const brightest = (pixels: Float32Array) => {
  const means = quarters(pixels);
  return means.indexOf(Math.max(...means));
};

describe('augmentImage', () => {
  it('leaves the picture as it is when nothing is asked for', () => {
    augment({}).forEach((value, i) => {
      expect(value).toBeCloseTo(corner.data[i]!, 3);
    });
  });

  it('reduces to the size asked for without moving anything', () => {
    const [topLeft, ...others] = quarters(augment({}, 1, 16), 16);
    expect(topLeft).toBeGreaterThan(195);
    for (const other of others) expect(other).toBeLessThan(25);
  });

  it('flips each axis on its own, each about half of the time', () => {
    const places = Array.from({ length: 60 }, (_, seed) =>
      brightest(augment({ horizontalFlip: true, verticalFlip: true }, seed)),
    );
    for (const place of [0, 1, 2, 3]) {
      expect(places.filter((p) => p === place).length).toBeGreaterThan(5);
    }
    const horizontal = Array.from({ length: 30 }, (_, seed) =>
      brightest(augment({ horizontalFlip: true }, seed)),
    );
    expect(new Set(horizontal)).toEqual(new Set([0, 1]));
  });

  it('rotates all the way round and fills corners by reflection, not with black', () => {
    const white: SquareImage = { ...corner, data: new Uint8Array(SIZE * SIZE * 3).fill(180) };
    for (let seed = 0; seed < 10; seed++) {
      const pixels = augment(
        { rotationDegrees: 180, cropArea: [1, 1.4], shift: 0.2 },
        seed,
        SIZE,
        white,
      );
      expect(Math.min(...pixels)).toBeGreaterThan(179);
    }
    const places = new Set(
      Array.from({ length: 40 }, (_, seed) => brightest(augment({ rotationDegrees: 180 }, seed))),
    );
    expect(places.size).toBe(4);
  });

  it('rotates in the shape the picture had before it was squashed', () => {
    // A quarter turn of a picture twice as wide as high: what was the left half is then a band of the height.
    const left: SquareImage = {
      ...corner,
      aspect: 2,
      data: Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) =>
        Math.floor(i / 3) % SIZE < SIZE / 2 ? 200 : 20,
      ),
    };
    const turned = Array.from({ length: 400 }, (_, seed) =>
      augment({ rotationDegrees: 90 }, seed, SIZE, left),
    );
    // Some of them are within a few degrees of 90: constant along x, and the edge stays in the middle.
    const vertical = turned.filter((pixels) => {
      const [a, b, c, d] = quarters(pixels);
      return Math.abs(a! - b!) < 8 && Math.abs(c! - d!) < 8 && Math.abs(a! - c!) > 100;
    });
    expect(vertical.length).toBeGreaterThan(2);
  });

  it('brightens, within the grey levels', () => {
    const pixels = augment({ brightness: [1.3, 1.3] });
    expect(pixels[0]).toBeCloseTo(255, 3);
    expect(pixels[1]).toBeCloseTo(26, 3);
  });

  it('cuts out a grey square at the rate asked for', () => {
    const cut = Array.from({ length: 40 }, (_, seed) => augment({ cutOut: 0.5 }, seed)).filter(
      (pixels) => pixels.includes(127.5),
    );
    expect(cut.length).toBeGreaterThan(10);
    expect(cut.length).toBeLessThan(30);
  });

  it('takes colour out without changing luma', () => {
    const pixels = augment({ saturation: 1 }, 3);
    const luma = (values: ArrayLike<number>) =>
      0.299 * values[0]! + 0.587 * values[1]! + 0.114 * values[2]!;
    expect(luma(pixels)).toBeCloseTo(luma(corner.data), 1);
    expect(pixels[0]).not.toBeCloseTo(corner.data[0]!, 0);
  });

  it('blurs edges and leaves flat parts', () => {
    const pixels = augment({ blur: 1 });
    const at = (x: number, y: number) => pixels[(y * SIZE + x) * 3]!;
    expect(at(2, 2)).toBeCloseTo(200, 3);
    expect(at(SIZE / 2, 4)).toBeGreaterThan(30);
    expect(at(SIZE / 2, 4)).toBeLessThan(190);
  });

  it('is the same for the same seed', () => {
    const options = { rotationDegrees: 30, noise: 5, channelGain: 0.1, cutOut: 0.5, blur: 0.5 };
    expect(augment(options, 9)).toEqual(augment(options, 9));
    expect(augment(options, 9)).not.toEqual(augment(options, 10));
  });

  it('is what it was before an option came that is left out', () => {
    const options = {
      rotationDegrees: 180,
      cropArea: [0.5, 1] as [number, number],
      cropAspect: 1.15,
      horizontalFlip: true,
      brightness: [0.8, 1.2] as [number, number],
      channelGain: 0.05,
      noise: 5,
      cutOut: 0.5,
    };
    // Of the version that trained the bundled model.
    const sum = augment(options, 4).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(147988.72, 0);
  });

  it('zooms each axis on its own', () => {
    const middle: SquareImage = {
      ...corner,
      data: Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
        const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
        return Math.max(Math.abs(x - 15.5), Math.abs(y - 15.5)) < SIZE / 4 ? 200 : 20;
      }),
    };
    const sides = Array.from({ length: 80 }, (_, seed) => {
      const pixels = augment({ zoom: 0.3 }, seed, SIZE, middle);
      const bright = (at: (i: number) => number) =>
        Array.from({ length: SIZE }, (_, i) => pixels[at(i) * 3]!).filter((red) => red > 110)
          .length;
      return [bright((x) => (SIZE / 2) * SIZE + x), bright((y) => y * SIZE + SIZE / 2)] as const;
    });
    for (const side of sides.flat()) {
      expect(side).toBeGreaterThanOrEqual(Math.floor(SIZE / 2 / 1.3));
      expect(side).toBeLessThanOrEqual(Math.ceil(SIZE / 2 / 0.7));
    }
    expect(Math.min(...sides.flat())).toBeLessThan(14);
    expect(Math.max(...sides.flat())).toBeGreaterThan(20);
    expect(sides.some(([x, y]) => x - y > 4)).toBe(true);
    expect(sides.some(([x, y]) => y - x > 4)).toBe(true);
  });
});

describe("Keras' ImageDataGenerator", () => {
  const picture: SquareImage = {
    data: Uint8Array.from(keras.image),
    size: keras.size,
    aspect: 1.5,
  };

  it.each(keras.affine)(
    'is met in rotation, shift and zoom: $theta degrees, $tx, $ty, $zx, $zy',
    ({ theta, tx, ty, zx, zy, pixels }) => {
      const transform = imageDataGeneratorTransform({
        angle: (theta * Math.PI) / 180,
        scaleX: zx,
        scaleY: zy,
        shiftX: tx / keras.size,
        shiftY: ty / keras.size,
      });
      const found = new Float32Array(pixels.length);
      warp(picture, transform, 'nearest', found, keras.size);
      for (const [i, value] of found.entries()) expect(value).toBeCloseTo(pixels[i]!, 1);
    },
  );

  it.each(keras.brightness)(
    'is met in brightness, but for its rounding down',
    ({ factor, pixels }) => {
      const found = augment({ brightness: [factor, factor] }, 1, keras.size, picture);
      for (const [i, value] of found.entries()) {
        expect(value - pixels[i]!).toBeGreaterThan(-1e-3);
        expect(value - pixels[i]!).toBeLessThan(1);
      }
    },
  );
});
