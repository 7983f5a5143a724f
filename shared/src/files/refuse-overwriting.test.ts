import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refuseOverwriting } from './refuse-overwriting.ts';

let folder: string;
let input: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overwrite-'));
  input = join(folder, 'labels.csv');
  await writeFile(input, 'image_id,dx\n');
});
afterEach(() => rm(folder, { recursive: true }));

it.each<[string, (output: string) => Promise<string>]>([
  ['the same path', async () => input],
  ['a relative path', async () => relative(process.cwd(), input)],
  ['a path with detours', async () => join(folder, 'not-there', '..', 'labels.csv')],
  ['a symbolic link', async (output) => symlink(input, output).then(() => output)],
  ['a hard link', async (output) => link(input, output).then(() => output)],
  [
    'a linked folder',
    async (output) => symlink(folder, output).then(() => join(output, 'labels.csv')),
  ],
])('refuses %s to an input', async (_, spell) => {
  await mkdir(join(folder, 'out'));
  const output = await spell(join(folder, 'out', 'other'));
  await expect(refuseOverwriting([output], [input])).rejects.toThrow(
    /would be overwritten, and it is an input.*write to another file/,
  );
  await expect(refuseOverwriting([join(folder, 'new'), output], [input])).rejects.toThrow();
});

it('lets new files and other files pass', async () => {
  const other = join(folder, 'other.csv');
  await writeFile(other, 'image_id,dx\n');
  await refuseOverwriting([other, join(folder, 'new.csv')], [input, join(folder, 'gone')]);
});
