import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Checkpoint,
  EMPTY_CHECKPOINT,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { PRESETS } from './config/presets.ts';
import { trainingConfigSchema } from './config/training-config.ts';
import type { RunIdentity } from './run-identity.ts';

const disk = vi.hoisted(() => ({ fullFrom: '' }));
vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof import('node:fs/promises')>();
  return {
    ...actual,
    open: async (path: string, flags: string) => {
      const handle = await actual.open(path, flags);
      if (disk.fullFrom !== '' && path.endsWith(disk.fullFrom)) {
        handle.writeFile = async () => {
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
            code: 'ENOSPC',
          });
        };
      }
      return handle;
    },
  };
});

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'naevus-run-'));
});
afterEach(async () => {
  disk.fullFrom = '';
  await rm(run, { recursive: true });
});

const identity: RunIdentity = {
  config: trainingConfigSchema.parse(PRESETS.smoke),
  dataSha256: 'a'.repeat(64),
  initialWeights: 'random',
  validation: ['b', 'c'],
};

const checkpoint = (step: number): Checkpoint => ({
  ...EMPTY_CHECKPOINT,
  phase: 'fine-tuning',
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
  weights: new Map([['a', Float32Array.of(1, 2, step)]]),
  first: new Map([['a', Float32Array.of(0.1, 0.2, 0.3)]]),
  second: new Map([['a', Float32Array.of(4, 5, 6)]]),
});

describe('checkpoints', () => {
  it('come back as they were written, the newest one', async () => {
    await writeCheckpoint(run, identity, checkpoint(1));
    await writeCheckpoint(run, identity, checkpoint(2));
    expect(await readCheckpoint(run, identity)).toEqual(checkpoint(2));
  });

  it('are none where none was written', async () => {
    expect(await readCheckpoint(run, identity)).toBeNull();
  });

  it('survive a crash between the two renames', async () => {
    await writeCheckpoint(run, identity, checkpoint(1));
    await rename(join(run, 'checkpoint'), join(run, 'checkpoint.previous'));
    expect((await readCheckpoint(run, identity))?.step).toBe(1);
  });

  it('keep what the phases before fine-tuning need', async () => {
    const head: Checkpoint = {
      ...checkpoint(3),
      phase: 'head',
      features: new Map([['training', Float32Array.of(1, 2, 3, 4)]]),
      best: new Map([['classifier.bias', Float32Array.of(7)]]),
    };
    await writeCheckpoint(run, identity, head);
    expect(await readCheckpoint(run, identity)).toEqual(head);
    const statistics: Checkpoint = {
      ...checkpoint(0),
      phase: 'statistics',
      statistics: { batches: 2, means: { bn1: [0.1, 1 / 3] }, variances: { bn1: [2, 3] } },
    };
    await writeCheckpoint(run, identity, statistics);
    expect(await readCheckpoint(run, identity)).toEqual(statistics);
  });

  it.each(['weights.safetensors', 'second.safetensors', 'state.json'])(
    'survive a full disk at %s: the last whole one stays, and the error says so',
    async (file) => {
      await writeCheckpoint(run, identity, checkpoint(1));
      disk.fullFrom = join('checkpoint.incoming', file);
      await expect(writeCheckpoint(run, identity, checkpoint(2))).rejects.toThrow(
        /step 2 of fine-tuning cannot be written: ENOSPC.*is whole.*--resume/,
      );
      expect(await readCheckpoint(run, identity)).toEqual(checkpoint(1));
      // What was written of it gives its space back.
      expect(await readdir(run)).toEqual(['checkpoint']);
    },
  );

  it('say that nothing was kept when the first one meets a full disk', async () => {
    disk.fullFrom = 'weights.safetensors';
    await expect(writeCheckpoint(run, identity, checkpoint(0))).rejects.toThrow(
      /ENOSPC.*There is none before it/,
    );
  });

  it('are refused by a run of other data, split or weights', async () => {
    await writeCheckpoint(run, identity, checkpoint(1));
    for (const other of [
      { dataSha256: 'b'.repeat(64) },
      { initialWeights: 'others' },
      { validation: ['b'] },
    ]) {
      await expect(readCheckpoint(run, { ...identity, ...other })).rejects.toThrow('other data');
    }
  });

  it('are refused by another configuration, saying in which fields', async () => {
    await writeCheckpoint(run, identity, checkpoint(1));
    const config = { ...identity.config, seed: 9, head: { ...identity.config.head, dropout: 0.7 } };
    await expect(readCheckpoint(run, { ...identity, config })).rejects.toThrow(
      /another configuration.*seed, head\.dropout/,
    );
  });

  it('that were written before a field existed are read with its default', async () => {
    const { crop: _, ...config } = identity.config;
    const older = { ...identity, config: config as RunIdentity['config'] };
    await writeCheckpoint(run, older, checkpoint(1));
    expect(await readCheckpoint(run, identity)).toMatchObject({ step: 1 });
    const other = { ...identity, config: { ...identity.config, crop: 0.875 } };
    await expect(readCheckpoint(run, other)).rejects.toThrow('crop');
  });

  it('that name a field this version does not know are refused by its name', async () => {
    await writeCheckpoint(run, identity, checkpoint(1));
    const config = { ...identity.config, later: 1 } as RunIdentity['config'];
    await writeCheckpoint(run, { ...identity, config }, checkpoint(1));
    await expect(readCheckpoint(run, identity)).rejects.toThrow('later');
  });
});
