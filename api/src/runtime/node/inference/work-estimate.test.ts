import type { ImageHeader } from '@naevus/shared/image/header/image-header';
import { describe, expect, it } from 'vitest';
import { networkRuns } from '../../../analysis/engine.ts';
import { WorkEstimate } from './work-estimate.ts';

const image = (format: ImageHeader['format'], width: number, height: number) => ({
  bytes: new Uint8Array(),
  header: { format, width, height } as ImageHeader,
});

const NARROW = { wide: false };
const SMALL = image('jpeg', 600, 450);

describe('the work that an image is', () => {
  it.each([
    [{}, 1],
    [{ tta: 4 }, 4],
    [{ heatmap: { method: 'grad-cam' } }, 1],
    [{ heatmap: { method: 'dense-grad-cam' } }, 5],
    [{ tta: 8, heatmap: { method: 'dense-grad-cam' } }, 40],
  ] as const)('with %j is %i runs of the network', (options, runs) => {
    expect(networkRuns(options)).toBe(runs);
  });

  it('grows with runs and pixels', () => {
    const estimate = new WorkEstimate();
    const least = estimate.of(undefined, {}).ms;
    expect(estimate.of(undefined, { tta: 8 }).ms).toBe(8 * least);
    expect(estimate.of({ bytes: new Uint8Array() }, {}).ms).toBe(least);
    expect(estimate.of(SMALL, {}).ms).toBeGreaterThan(least);
    expect(estimate.of(image('png', 5000, 5000), {}).ms).toBeGreaterThan(900);
  });

  it('is learnt: what takes longer soon, what takes less slowly', () => {
    const estimate = new WorkEstimate();
    const before = estimate.of(undefined, {}).ms;
    estimate.learn(SMALL, { tta: 4 }, { decodeMs: 1, inferenceMs: 4 * 100 }, NARROW);
    const risen = estimate.of(undefined, {}).ms;
    expect(risen).toBeCloseTo(before + 0.2 * (100 - before));
    estimate.learn(SMALL, {}, { decodeMs: 1, inferenceMs: 10 }, NARROW);
    expect(estimate.of(undefined, {}).ms).toBeGreaterThan(0.9 * risen);
    for (let i = 0; i < 200; i++)
      estimate.learn(SMALL, {}, { decodeMs: 1, inferenceMs: 10 }, NARROW);
    expect(estimate.of(undefined, {}).ms).toBeCloseTo(10, 1);
  });

  it('learns nothing of the network from a run on several threads', () => {
    const estimate = new WorkEstimate();
    const before = estimate.of(undefined, {}).ms;
    const timing = { decodeMs: 40, inferenceMs: 900 };
    estimate.learn(SMALL, {}, timing, { wide: true });
    expect(estimate.of(undefined, {}).ms).toBe(before);
    expect(estimate.of(SMALL, {}).ms).toBeGreaterThan(before + 5);
  });

  it('is learnt for each format', () => {
    const estimate = new WorkEstimate();
    const png = image('png', 4000, 3000);
    const jpeg = image('jpeg', 4000, 3000);
    const before = estimate.of(jpeg, {}).ms;
    for (let i = 0; i < 40; i++)
      estimate.learn(png, {}, { decodeMs: 1200, inferenceMs: 20 }, NARROW);
    expect(estimate.of(png, {}).ms).toBeGreaterThan(1190);
    expect(estimate.of(jpeg, {}).ms).toBe(before);
  });
});
