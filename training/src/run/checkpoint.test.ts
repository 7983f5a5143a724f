import { copyFile, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serializeSafetensors } from '../network/safetensors.ts';
import {
  type Checkpoint,
  EMPTY_CHECKPOINT,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { PRESETS } from './config/presets.ts';
import { trainingConfigSchema } from './config/training-config.ts';
import storedConfig from './fixtures/checkpoint-without-config/config.json' with { type: 'json' };
import type { RunIdentity } from './run-identity.ts';
import { RUN_FILES } from './run-record.ts';

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

  it('that name a field this version does not know are refused by its name', async () => {
    await writeCheckpoint(run, identity, checkpoint(1));
    const config = { ...identity.config, later: 1 } as RunIdentity['config'];
    await writeCheckpoint(run, { ...identity, config }, checkpoint(1));
    await expect(readCheckpoint(run, identity)).rejects.toThrow('later');
  });
});

describe('a checkpoint of before the configuration was kept in it', () => {
  // Written by the version that had none of the fields that came since; only the tensors are cut down.
  const stored = (name: string) =>
    fileURLToPath(new URL(`fixtures/checkpoint-without-config/${name}`, import.meta.url));
  const old: RunIdentity = {
    config: trainingConfigSchema.parse(storedConfig),
    dataSha256: '1'.repeat(64),
    initialWeights: 'efficientnet_b0.safetensors (sha256 2)',
    validation: ['ISIC_0000001', 'ISIC_0000002'],
  };
  beforeEach(async () => {
    await writeCheckpoint(run, identity, checkpoint(1));
    await copyFile(stored('state.json'), join(run, 'checkpoint', 'state.json'));
    await copyFile(stored('config.json'), join(run, RUN_FILES.config));
    await writeFile(
      join(run, 'checkpoint', 'average.safetensors'),
      serializeSafetensors(new Map([['a', Float32Array.of(9)]]), new Map()),
    );
  });

  it('is resumed: fields that came since have their defaults', async () => {
    const found = await readCheckpoint(run, old);
    expect(found).toMatchObject({ phase: 'fine-tuning', step: 502, best: null, features: null });
    expect(found?.history).toHaveLength(32);
    expect(found?.average?.get('a')).toEqual(Float32Array.of(9));
  });

  it('is refused where a field that came since is set to something else', async () => {
    const config = structuredClone(old.config);
    config.fineTuning!.optimizer = 'adam';
    await expect(readCheckpoint(run, { ...old, config })).rejects.toThrow('fineTuning.optimizer');
  });

  it('is refused on other data', async () => {
    await expect(readCheckpoint(run, { ...old, dataSha256: '3'.repeat(64) })).rejects.toThrow(
      'other data',
    );
  });
});
