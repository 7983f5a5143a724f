import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FileConverter } from '../../../analysis/file-converter.ts';
import { conversionThreads } from './conversion-threads.ts';

/** Answers with what the file's first byte asks for. */
const WORKER = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ bytes }) => {
  if (bytes[0] === 0) while (true);
  if (bytes[0] === 1) throw new Error('a defect');
  if (bytes[0] === 2) return setTimeout(() => parentPort.postMessage(damaged), 300);
  parentPort.postMessage(damaged);
});
const damaged = { ok: false, failure: { kind: 'damaged', detail: 'as asked' } };
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'naevus-conversion-'));
  writeFileSync(join(folder, 'worker.mjs'), WORKER);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HANGS = 0;
const THROWS = 1;
const SLOW = 2;
const FAST = 3;

function threads(queue: number): FileConverter {
  const file = pathToFileURL(join(folder, 'worker.mjs'));
  return conversionThreads({ file, threads: 1, queue, maxPixels: 1e6, maxSeconds: 4 });
}

const ask = (converter: FileConverter, byte: number, signal = new AbortController().signal) =>
  converter.convert(Uint8Array.of(byte), 'heic', signal);

it('answers one file after another on the same thread', async () => {
  const converter = threads(4);
  for (const byte of [FAST, SLOW, FAST]) {
    expect(await ask(converter, byte)).toMatchObject({ failure: { detail: 'as asked' } });
  }
});

it('ends a thread that takes too long, or that dies, and goes on with another', async () => {
  const converter = threads(4);
  const [hung, thrown, fine] = await Promise.all(
    [HANGS, THROWS, FAST].map((b) => ask(converter, b)),
  );
  expect(hung).toMatchObject({
    failure: { kind: 'too-large', detail: expect.stringContaining('more than 4 s') },
  });
  expect(thrown).toMatchObject({
    failure: { kind: 'too-large', detail: expect.stringContaining('memory') },
  });
  expect(fine).toMatchObject({ failure: { detail: 'as asked' } });
}, 60_000);

it('takes a file without a queue, and refuses what finds no place', async () => {
  const converter = threads(0);
  const first = ask(converter, SLOW);
  await expect(ask(converter, FAST)).rejects.toMatchObject({ fault: { kind: 'busy' } });
  expect(await first).toMatchObject({ failure: { detail: 'as asked' } });
});

it('drops a file that nobody waits for', async () => {
  const converter = threads(4);
  const controller = new AbortController();
  const first = ask(converter, SLOW);
  const dropped = ask(converter, HANGS, controller.signal);
  controller.abort();
  await expect(dropped).rejects.toMatchObject({ fault: { kind: 'timeout' } });
  await first;
  expect(await ask(converter, FAST)).toMatchObject({ failure: { detail: 'as asked' } });
});
