import { execFile } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const EXAMPLES = at('../../../api/src/http/page/examples');
const LABELS_CSV =
  'image_id,dx,lesion_id\nISIC_0024666,bcc,L1\nISIC_0025108,nv,L2\nISIC_0025751,mel,L3\n';

let folder: string;
let labels: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overwriting-'));
  labels = join(folder, 'labels.csv');
  await writeFile(labels, LABELS_CSV);
  for (const name of ['ISIC_0024666', 'ISIC_0025108', 'ISIC_0025751']) {
    await copyFile(join(EXAMPLES, `${name}.jpg`), join(folder, `${name}.jpg`));
  }
});
afterEach(() => rm(folder, { recursive: true }));

async function command(name: string, ...args: string[]) {
  return promisify(execFile)(process.execPath, [at(`../../dist/${name}.js`), ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: code as number, stdout, stderr }),
  );
}

describe('evaluate', () => {
  const evaluate = (...args: string[]) => command('evaluate', '--data', folder, ...args);

  it.each<[string, () => Promise<string>]>([
    ['beside the labels', async () => join(folder, 'labels.json')],
    ['by a relative path', async () => relative(process.cwd(), join(folder, 'labels.json'))],
    [
      'through a symbolic link',
      async () => symlink(labels, join(folder, 'out.csv')).then(() => join(folder, 'out.json')),
    ],
    [
      'through a hard link',
      async () => link(labels, join(folder, 'out.csv')).then(() => join(folder, 'out.json')),
    ],
  ])('refuses to write over its labels %s', async (_, spell) => {
    const { code, stderr } = await evaluate('--metadata', labels, '--out', await spell());
    expect(code).toBe(1);
    expect(stderr).toMatch(/\.csv would be overwritten, and it is an input/);
    expect(await readFile(labels, 'utf8')).toBe(LABELS_CSV);
  });

  it('refuses to write over a table that it did not write, though it does not read it', async () => {
    const other = join(folder, 'other.csv');
    await writeFile(other, 'mine');
    const out = join(folder, 'other.json');
    const { code, stderr } = await evaluate('--metadata', labels, '--out', out);
    expect(code).toBe(1);
    expect(stderr).toContain('holds no scores of evaluate: choose another name');
    expect(await readFile(other, 'utf8')).toBe('mine');
  });

  it('writes over what it wrote', async () => {
    const out = ['--metadata', labels, '--out', join(folder, 'scores.json')];
    for (const _ of [1, 2]) expect((await evaluate(...out)).code).toBe(0);
    expect(await readFile(labels, 'utf8')).toBe(LABELS_CSV);
  });
});

it.each([
  ['config.json', '--config'],
  ['split.json', '--split'],
  ['weights.safetensors', '--weights'],
])('train refuses to write over %s, given as %s', async (name, flag) => {
  const file = join(folder, name);
  await copyFile(at('../../configs/distil.json'), file);
  const before = await readFile(file, 'utf8');
  const { code, stderr } = await command('train', '--data', folder, '--out', folder, flag, file);
  expect(code).toBe(1);
  expect(stderr).toContain(`${name} would be overwritten, and it is an input`);
  expect(await readFile(file, 'utf8')).toBe(before);
});

it.each([
  ['--weights', 'gone.safetensors', /gone\.safetensors/],
  ['--split', 'gone.json', /cannot read .*gone\.json: ENOENT/],
  ['--continue', 'gone', /gone is neither a version nor a finished run: .*manifest\.json/],
  ['--teacher', 'gone', /gone is neither a version nor a finished run/],
])('train tells a missing %s before it reads an image', async (flag, name, expected) => {
  const missing = join(folder, name);
  // No image is there to be read: that would be told first.
  const images = join(folder, 'no-images');
  const { code, stderr } = await command(
    'train',
    ...['--data', images, '--out', join(folder, 'run'), flag, missing],
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(expected);
  expect(stderr).not.toContain('no-images');
});

it('data download does not clear the folder that it is to copy', async () => {
  const from = join(folder, 'data.unpacking');
  await mkdir(from);
  await writeFile(join(from, 'a.txt'), 'mine');
  const { code, stderr } = await command(
    'data',
    ...['download', '--from', from, '--out', join(folder, 'data')],
  );
  expect(code).toBe(1);
  expect(stderr).toContain('which is cleared first: move it, or choose another --out');
  expect(await readFile(join(from, 'a.txt'), 'utf8')).toBe('mine');
});
