import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkNewVersion, setCurrentVersion, writeVersion } from './artifact-store.ts';

let store: string;
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(() => rm(store, { recursive: true }));

const files = new Map([
  ['manifest.json', new TextEncoder().encode('{}')],
  ['tfjs/model.json', new TextEncoder().encode('[]')],
]);

it('writes a version whole', async () => {
  const folder = await writeVersion(store, '1.2.3', files);
  expect(folder).toBe(join(store, '1.2.3'));
  expect(await readFile(join(folder, 'tfjs/model.json'), 'utf8')).toBe('[]');
  expect(await readdir(store)).toEqual(['1.2.3']);
});

it('never overwrites one', async () => {
  await writeVersion(store, '1.2.3', files);
  await expect(checkNewVersion(store, '1.2.3')).rejects.toThrow(
    'never overwritten. There are: 1.2.3',
  );
  await expect(writeVersion(store, '1.2.3', files)).rejects.toThrow('is there already');
});

it.each(['1.2', 'v1.2.3', '1.2.3.4', '../1.2.3', '01.2.3', '1.2.3-', ''])(
  'takes no %j for a version',
  async (version) => {
    await expect(checkNewVersion(store, version)).rejects.toThrow('is not a version like 1.2.3');
  },
);

it.each(['0.1.0', '10.20.30', '1.0.0-rc.1'])('takes %s for a version', async (version) => {
  await checkNewVersion(store, version);
});

it('leaves nothing behind when a file cannot be written', async () => {
  const conflicting = new Map([...files, ['tfjs', new Uint8Array(1)]]);
  await expect(writeVersion(store, '1.2.3', conflicting)).rejects.toThrow();
  expect(await readdir(store)).toEqual([]);
});

it('makes a version the current one', async () => {
  await writeFile(join(store, 'current.json'), '{"version": "0.0.1"}');
  await setCurrentVersion(store, '1.2.3');
  expect(JSON.parse(await readFile(join(store, 'current.json'), 'utf8'))).toEqual({
    version: '1.2.3',
  });
  expect(await readdir(store)).toEqual(['current.json']);
});

it('makes the store where there is none', async () => {
  const below = join(store, 'not', 'yet');
  await writeVersion(below, '1.2.3', files);
  expect(await readdir(below)).toEqual(['1.2.3']);
});
