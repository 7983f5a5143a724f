import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTrainingEvents } from './training-events.ts';

/** Records of a TFRecord file: length (8 bytes), its checksum (4), the record, its checksum (4). */
function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    found.push(bytes.subarray(at + 12, at + 12 + length));
    at += 12 + length + 4;
  }
  return found;
}

it("writes event files that hold each value under TensorBoard's names", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'events-'));
  try {
    const events = openTrainingEvents(folder);
    events.step(1, { loss: 0.75, learningRate: 1e-3, imagesPerSecond: 20 });
    events.step(2, { loss: 0.5, learningRate: 1e-3, imagesPerSecond: 20 });
    const validation = {
      accuracy: 0.8,
      macroF1: Number.NaN,
      balancedAccuracy: 0.625,
      balancedAccuracyUniformPrior: 0.7,
      macroAuc: 0.9,
      logLoss: 1,
      loss: 1,
    };
    const record = {
      phase: 'fine-tuning',
      epoch: 1,
      loss: 0.6,
      learningRate: 1e-3,
      seconds: 1,
    } as const;
    events.epoch({ ...record, imagesPerSecond: 20, validation }, 2);

    const [name] = await readdir(folder);
    expect(name).toMatch(/^events\.out\.tfevents\./);
    const written = records(await readFile(join(folder, name!)));
    const tags = written.map(
      (record) => /(step|fine-tuning)[a-z -]*\/[\w ]+/.exec(record.toString('latin1'))?.[0],
    );
    expect(tags.filter((tag) => tag?.startsWith('step/loss'))).toHaveLength(2);
    const balanced = written.find(
      (record) => record.includes('validation/balancedAccuracy') && !record.includes('Uniform'),
    )!;
    const value = Buffer.alloc(4);
    value.writeFloatLE(0.625);
    expect(balanced.includes(value)).toBe(true);
    expect(written.some((record) => record.includes('macroF1'))).toBe(false);
  } finally {
    await rm(folder, { recursive: true });
  }
});
