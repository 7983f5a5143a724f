import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFinishedRun } from './finished-run.ts';
import { type SmallRun, writeSmallRun } from './fixtures/small-run.ts';
import { RUN_FILES } from './run-record.ts';

// As the first version of the record's schema was written; runs of it must stay readable.
const FIRST_SCHEMA = fileURLToPath(new URL('fixtures/finished-run-1', import.meta.url));

let folder: string;
let small: SmallRun;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finished-run-'));
  small = await writeSmallRun(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe('readFinishedRun', () => {
  it('says which file is not whole', async () => {
    await expect(readFinishedRun(folder)).rejects.toThrow(
      'is not a finished run: it has no run.json',
    );
    await rm(join(small.run, RUN_FILES.history));
    await expect(readFinishedRun(small.run)).rejects.toThrow('history.json cannot be read');
  });

  it('reads a run that an earlier version of the program wrote', async () => {
    for (const name of await readdir(FIRST_SCHEMA)) {
      await copyFile(join(FIRST_SCHEMA, name), join(small.run, name));
    }
    const { record, history, classWeights, split } = await readFinishedRun(small.run);
    expect(record.schemaVersion).toBe(1);
    expect(history.at(-1)).toMatchObject({ phase: 'fine-tuning', epoch: 3 });
    expect(classWeights.counts).toHaveLength(7);
    expect(split.data_sha256).toBe(record.dataSha256);
  });

  it('makes the class-weight report anew where it knows the configuration', async () => {
    const config = {
      head: { epochs: 1, learningRate: 1, sampler: 'balanced', loss: { classWeightPower: 1 } },
    };
    await writeFile(join(small.run, RUN_FILES.config), JSON.stringify(config));
    const { classWeights } = await readFinishedRun(small.run);
    expect(classWeights.used.shareOfImages).toEqual(LABELS.map(() => 1 / 7));
    await writeFile(join(small.run, RUN_FILES.config), '{"head": {"later": 1}}');
    expect((await readFinishedRun(small.run)).classWeights.used.shareOfImages).toBeUndefined();
  });

  it('refuses a record with a field that it does not know', async () => {
    const { record } = await readFinishedRun(small.run);
    await writeFile(join(small.run, RUN_FILES.record), JSON.stringify({ ...record, later: 1 }));
    await expect(readFinishedRun(small.run)).rejects.toThrow('later');
  });
});
