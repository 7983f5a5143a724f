import { createRandom } from '@naevus/shared/statistics/random';
import { describe, expect, it } from 'vitest';
import { cutMixBox, drawBatchMix, mixedLabels, mixImages, mixingSchema } from './mix-images.ts';

const SIZE = 8;
const COUNT = 3;
const length = SIZE * SIZE * 3;
const pictures = () => Float32Array.from({ length: COUNT * length }, (_, i) => i);
const options = (fields: object) => mixingSchema.parse(fields);

describe('mixImages', () => {
  it('adds the image before, as Zhang et al. 2018: λ x + (1 − λ) x′', () => {
    const [values, before] = [pictures(), pictures()];
    mixImages(values, COUNT, SIZE, { kind: 'mixup', share: 0.7 });
    for (let i = 0; i < COUNT; i++) {
      const other = (i + COUNT - 1) % COUNT;
      for (let at = 0; at < length; at++) {
        const expected = 0.7 * before[i * length + at]! + 0.3 * before[other * length + at]!;
        expect(values[i * length + at]).toBeCloseTo(expected, 3);
      }
    }
  });

  it('pastes a box of the image before, as Yun et al. 2019', () => {
    const [values, before] = [pictures(), pictures()];
    const box = { left: 2, top: 5, width: 4, height: 3 };
    mixImages(values, COUNT, SIZE, { kind: 'cutmix', share: 1 - 12 / 64, box });
    for (let i = 0; i < COUNT; i++) {
      for (let at = 0; at < length; at++) {
        const [x, y] = [Math.floor(at / 3) % SIZE, Math.floor(at / 3 / SIZE)];
        const inside = x >= 2 && x < 6 && y >= 5;
        const from = inside ? (i + COUNT - 1) % COUNT : i;
        expect(values[i * length + at]).toBe(before[from * length + at]);
      }
    }
  });

  it('gives each rest the label of the image before', () => {
    expect(mixedLabels(['a', 'b', 'c'])).toEqual(['c', 'a', 'b']);
  });
});

describe('drawMix', () => {
  it('draws nothing where nothing is asked for', () => {
    const random = createRandom(1);
    const before = random.state;
    expect(drawBatchMix(options({}), SIZE, random)).toBeNull();
    expect(random.state).toEqual(before);
  });

  it.each([0.2, 1, 2])('draws λ of Beta(α, α): α %d', (mixup) => {
    const random = createRandom(2);
    const shares = Array.from(
      { length: 4000 },
      () => drawBatchMix(options({ mixup }), SIZE, random)!.share,
    );
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    // Mean 1/2, variance 1 / (4 (2 α + 1)).
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance / (1 / (4 * (2 * mixup + 1)))).toBeCloseTo(1, 1);
  });

  it('takes either of both, and leaves the share of batches that is asked for', () => {
    const random = createRandom(3);
    const both = options({ mixup: 0.2, cutMix: 1, probability: 0.5 });
    const kinds = Array.from(
      { length: 600 },
      () => drawBatchMix(both, SIZE, random)?.kind ?? 'none',
    );
    const share = (kind: string) => kinds.filter((k) => k === kind).length / kinds.length;
    expect(share('none')).toBeCloseTo(0.5, 1);
    expect(share('mixup')).toBeCloseTo(0.25, 1);
    expect(share('cutmix')).toBeCloseTo(0.25, 1);
  });

  it('gives a cut image the share of the area that it keeps', () => {
    const random = createRandom(4);
    for (let i = 0; i < 200; i++) {
      const mix = drawBatchMix(options({ cutMix: 1 }), 32, random);
      if (mix?.kind !== 'cutmix') throw new Error('not cut');
      const { left, top, width, height } = mix.box;
      expect(mix.share).toBeCloseTo(1 - (width * height) / 32 ** 2, 12);
      expect(Math.min(left, top, width, height)).toBeGreaterThanOrEqual(0);
      expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(32);
    }
  });

  it('cuts a box of 1 − λ of the area, less what lies outside', () => {
    expect(cutMixBox(0.75, 32, 16, 16)).toEqual({ left: 8, top: 8, width: 16, height: 16 });
    expect(cutMixBox(0.75, 32, 0, 32)).toEqual({ left: 0, top: 24, width: 8, height: 8 });
    expect(cutMixBox(1, 32, 5, 5)).toMatchObject({ width: 0, height: 0 });
  });
});
