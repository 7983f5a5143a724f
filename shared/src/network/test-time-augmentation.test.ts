import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { INPUT_SIZE } from '../image/preprocessing-spec.ts';
import type { Classify } from './network-output.ts';
import { averageOverViews, middleOfMaps, viewedImages } from './test-time-augmentation.ts';

const RAW = { raw: { width: INPUT_SIZE, height: INPUT_SIZE, channels: 3 } } as const;

/** No two places alike, and so no two views. */
const PICTURE = Uint8Array.from(
  { length: INPUT_SIZE * INPUT_SIZE * 3 },
  (_, i) => (i * 7 + Math.floor(i / 672) * 31 + ((i * i) >> 9)) & 255,
);

/** The views as another library makes them. */
async function viewsBySharp(count: number): Promise<Buffer[]> {
  const turned = [0, 90, 180, 270].flatMap((angle) => [
    { angle, mirrored: false },
    { angle, mirrored: true },
  ]);
  const views = await Promise.all(
    turned.map(async ({ angle, mirrored }) => {
      const rotated = await sharp(PICTURE, RAW).rotate(angle).raw().toBuffer();
      return mirrored ? sharp(rotated, RAW).flop().raw().toBuffer() : rotated;
    }),
  );
  // Half a turn, and with it the flips: what keeps rows rows.
  return count === 8 ? views : views.filter((_, i) => turned[i]!.angle % 180 === 0);
}

const bytes = (image: Uint8Array) => Buffer.from(image).toString('base64');

/** The mean red of each of 7 x 7 fields, times the class: it looks the same way at every view. */
function fields(rgb: Uint8Array): Float32Array {
  const cam = new Float32Array(7 * 49);
  for (let i = 0; i < INPUT_SIZE * INPUT_SIZE; i++) {
    const [y, x] = [Math.floor(i / INPUT_SIZE), i % INPUT_SIZE];
    const field = Math.floor(y / 32) * 7 + Math.floor(x / 32);
    for (let k = 0; k < 7; k++) cam[k * 49 + field]! += ((k + 1) * rgb[3 * i]!) / 1024;
  }
  return cam;
}

describe('averagedOverViews', () => {
  it.each([4, 8] as const)('looks at the %i views, each once', async (count) => {
    const seen: string[] = [];
    const classify: Classify = async (rgb) => {
      seen.push(bytes(rgb));
      return { logits: new Float32Array(7), cam: new Float32Array(343) };
    };
    await averageOverViews(classify, PICTURE, count);
    expect(seen[0]).toBe(bytes(PICTURE));
    const expected = (await viewsBySharp(count)).map(bytes);
    expect(new Set(expected).size).toBe(count);
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });

  it.each([4, 8] as const)(
    'averages what a lopsided network says of the %i views',
    async (count) => {
      // Sees the upper left alone: differs from view to view.
      const logitsOf = (rgb: Uint8Array) =>
        Float32Array.from({ length: 7 }, (_, k) => rgb[3 * (k * 225 + 5)]! / 10 - k);
      const { logits } = await averageOverViews(
        async (rgb) => ({ logits: logitsOf(rgb), cam: new Float32Array(343) }),
        PICTURE,
        count,
      );
      const each = (await viewsBySharp(count)).map(logitsOf);
      for (let k = 0; k < 7; k++) {
        const mean = each.reduce((sum, row) => sum + row[k]!, 0) / count;
        expect(logits[k]).toBeCloseTo(mean, 4);
      }
      expect(Math.abs(logits[0]! - logitsOf(PICTURE)[0]!)).toBeGreaterThan(0.1);
    },
  );

  it.each([4, 8] as const)('puts the maps of %i views back where they belong', async (count) => {
    const image = new Uint8Array(PICTURE.length);
    // One patch off the centre and off the diagonals: every wrong turn moves it.
    for (let y = 40; y < 60; y++) image.fill(255, (y * 224 + 130) * 3, (y * 224 + 150) * 3);
    const classify: Classify = async (rgb) => ({
      logits: new Float32Array(7),
      cam: fields(rgb),
    });
    const { cam } = await averageOverViews(classify, image, count);
    const expected = fields(image);
    for (const [i, value] of expected.entries()) expect(cam[i]).toBeCloseTo(value, 3);
    expect(cam.indexOf(Math.max(...cam.subarray(0, 49)))).toBe(7 + 4);
  });

  it('keeps the features of the picture itself, and asks once for one view', async () => {
    let asked = 0;
    const classify: Classify = async (rgb) => {
      asked++;
      const features = Float32Array.of(rgb[0]!, asked);
      return { logits: new Float32Array(7), cam: new Float32Array(343), features };
    };
    const { features } = await averageOverViews(classify, PICTURE, 8);
    expect([...features!]).toEqual([PICTURE[0], 1]);
    expect(asked).toBe(8);
    await averageOverViews(classify, PICTURE, 1);
    expect(asked).toBe(9);
  });
});

describe('with the whole picture', () => {
  /** Another picture, so that views of it can be told from views of the middle. */
  const whole = { rgb: PICTURE.map((value) => 255 - value), crop: 0.8 };

  it('looks at middle and whole in turns, each view once, the first of eight first', async () => {
    const eight = viewedImages(PICTURE, 8, whole).map(bytes);
    expect(new Set(eight).size).toBe(8);
    expect(eight[0]).toBe(bytes(PICTURE));
    const ofMiddle = new Set((await viewsBySharp(8)).map(bytes));
    expect(eight.map((view) => ofMiddle.has(view))).toEqual(
      Array.from({ length: 8 }, (_, i) => i % 2 === 0),
    );
    for (const count of [1, 2, 4] as const) {
      const seen: string[] = [];
      const classify: Classify = async (rgb) => {
        seen.push(bytes(rgb));
        return { logits: new Float32Array(7), cam: new Float32Array(343) };
      };
      await averageOverViews(classify, PICTURE, count, whole);
      expect(seen).toEqual(eight.slice(0, count));
    }
  });

  it('puts maps of the whole onto the middle', async () => {
    // Rising linearly to the right, over the whole from 0 to 1: over the middle from 0.1 to 0.9.
    const ramp = (from: number, to: number) =>
      Float32Array.from({ length: 7 * 49 }, (_, i) => from + ((i % 7) + 0.5) * ((to - from) / 7));
    const mirrored = ramp(1, 0);
    const classify: Classify = async (rgb) => ({
      logits: new Float32Array(7),
      // The whole is seen after half a turn, and so its maps are turned.
      cam: rgb === PICTURE ? ramp(0.1, 0.9) : mirrored,
    });
    const { cam } = await averageOverViews(classify, PICTURE, 2, whole);
    for (const [i, value] of ramp(0.1, 0.9).entries()) expect(cam[i]).toBeCloseTo(value, 5);
  });
});

it('keeps maps where the middle is all', () => {
  const maps = Float32Array.from({ length: 2 * 49 }, (_, i) => (i * 37) % 11);
  expect(middleOfMaps(maps, 7, 1)).toEqual(maps);
  expect(middleOfMaps(Float32Array.of(3), 1, 0.5)).toEqual(Float32Array.of(3));
});
