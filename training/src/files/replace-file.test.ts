import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replaceFile } from './replace-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replace-'));
  file = join(folder, 'a.txt');
  await writeFile(file, 'old');
});
afterEach(() => rm(folder, { recursive: true }));

it('replaces the content and leaves nothing beside it', async () => {
  await replaceFile(file, 'new');
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['a.txt']);
});

it('keeps the old content until the new one is complete', async () => {
  await replaceFile(file, async (partial) => {
    await writeFile(partial, 'half');
    expect(await readFile(file, 'utf8')).toBe('old');
  });
  expect(await readFile(file, 'utf8')).toBe('half');
});

it('keeps the old content when writing fails', async () => {
  const failing = replaceFile(file, async (partial) => {
    await writeFile(partial, 'half');
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await readFile(file, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a.txt']);
});
