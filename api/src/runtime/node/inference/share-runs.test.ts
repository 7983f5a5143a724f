import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NetworkOutput } from '@naevus/shared/network/network-output';
import { describe, expect, it } from 'vitest';
import { shareRuns } from './share-runs.ts';

const image = (tag: number) => Uint8Array.of(tag);
const tagOf = ({ logits }: NetworkOutput) => logits[0];

/** Answers each image with its first byte, and notes what came together. */
function noted() {
  const runs: number[][] = [];
  const classify = shareRuns(async (images) => {
    runs.push(images.map(([tag]) => tag!));
    await nextTurn();
    if (images.some(([tag]) => tag === 99)) throw new Error('out of memory');
    return images.map(([tag]) => ({ logits: Float32Array.of(tag!), cam: new Float32Array(0) }));
  }, 2);
  return { classify, runs };
}

describe('shareRuns', () => {
  it('computes at most so many together, each with its own output', async () => {
    const { classify, runs } = noted();
    const outputs = await Promise.all([1, 2, 3, 4, 5].map((tag) => classify(image(tag))));
    expect(outputs.map(tagOf)).toEqual([1, 2, 3, 4, 5]);
    expect(runs).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('computes an image by itself where no other is asked for, and begins no run within one', async () => {
    const { classify, runs } = noted();
    const first = classify(image(1));
    await nextTurn();
    const others = [2, 3].map((tag) => classify(image(tag)));
    expect(tagOf(await first)).toBe(1);
    await Promise.all(others);
    expect(runs).toEqual([[1], [2, 3]]);
    await classify(image(4));
    expect(runs.at(-1)).toEqual([4]);
  });

  it('fails those of one run, and not the others', async () => {
    const { classify } = noted();
    const outcomes = await Promise.allSettled([1, 99, 3].map((tag) => classify(image(tag))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(tagOf(await classify(image(5)))).toBe(5);
  });
});
