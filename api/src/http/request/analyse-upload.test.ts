import type { ImageHeader } from '@naevus/shared/image/header/image-header';
import { describe, expect, it } from 'vitest';
import { checkWork } from './analyse-upload.ts';

const LIMITS = { maxNetworkRuns: 64, maxBatchPixels: 100_000_000 };

const images = (count: number, width = 600, height = 450) =>
  Array.from({ length: count }, () => ({
    bytes: new Uint8Array(),
    header: { format: 'png', width, height } as ImageHeader,
  }));

describe('the work of a request', () => {
  it.each([
    ['32 images', images(32), {}],
    ['8 images with 8 views', images(8), { tta: 8 }],
    [
      'the most that one image may be',
      images(1),
      { tta: 8, heatmap: { method: 'dense-grad-cam' } },
    ],
    ['4 large images', images(4, 5000, 5000), {}],
  ] as const)('may be %s', (_, sent, options) => {
    expect(() => checkWork(sent, options, LIMITS)).not.toThrow();
  });

  it('is refused with how much of it may be sent', () => {
    expect(() => checkWork(images(32), { tta: 8 }, LIMITS)).toThrow(
      '32 images are 256 runs of the network with these options, and a request may take 64; send at most 8',
    );
    expect(() => checkWork(images(5, 5000, 5000), {}, LIMITS)).toThrow(/125000000 pixels together/);
  });

  it('is any where there are no such limits', () => {
    expect(() => checkWork(images(32, 5000, 5000), { tta: 8 }, {})).not.toThrow();
  });
});
