import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'naevus-run-'));
});
afterEach(() => rm(run, { recursive: true }));

const checkpoint = (step: number): Checkpoint => ({
  step,
  epochLoss: { sum: 1.5, images: 32, seconds: 2 },
  history: [
    {
      phase: 'fine-tuning',
      epoch: 1,
      loss: 1,
      learningRate: 1e-3,
      seconds: 3,
      imagesPerSecond: 20,
    },
  ],
  runDigest: 'digest',
  weights: new Map([['a', Float32Array.of(1, 2, step)]]),
  first: new Map([['a', Float32Array.of(0.1, 0.2, 0.3)]]),
  second: new Map([['a', Float32Array.of(4, 5, 6)]]),
  average: null,
});

describe('checkpoints', () => {
  it('come back as they were written, the newest one', async () => {
    await writeCheckpoint(run, checkpoint(1));
    await writeCheckpoint(run, checkpoint(2));
    expect(await readCheckpoint(run, 'digest')).toEqual(checkpoint(2));
  });

  it('are none where none was written', async () => {
    expect(await readCheckpoint(run, 'digest')).toBeNull();
  });

  it('survive a crash between the two renames', async () => {
    await writeCheckpoint(run, checkpoint(1));
    await rename(join(run, 'checkpoint'), join(run, 'checkpoint.previous'));
    expect((await readCheckpoint(run, 'digest'))?.step).toBe(1);
  });

  it('are refused by another run', async () => {
    await writeCheckpoint(run, checkpoint(1));
    await expect(readCheckpoint(run, 'other')).rejects.toThrow('another configuration');
  });
});
