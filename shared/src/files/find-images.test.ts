import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeLeftOut, findImages } from './find-images.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-images-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'x');
  }
}

/** Relative paths, and reasons by relative path. */
async function found(at = '.') {
  const { images, leftOut } = await findImages(join(folder, at));
  const short = (path: string) => relative(join(folder, at), path);
  return {
    images: images.map(short),
    leftOut: Object.fromEntries(leftOut.map(({ path, reason }) => [short(path), reason])),
  };
}

it('reads every ending that the decoders read, in any case', async () => {
  await put('a.jpg', 'b.JPEG', 'c.jpe', 'd.JFIF', 'deep/e.png', 'f.WebP');
  const { images, leftOut } = await found();
  expect(images).toEqual(['a.jpg', 'b.JPEG', 'c.jpe', 'd.JFIF', 'deep/e.png', 'f.WebP']);
  expect(leftOut).toEqual({});
});

it('follows links to files and folders, and ends where they go around', async () => {
  await put('store/a.jpg', 'store/inner/b.jpg', 'folder/c.jpg');
  await symlink('../store/a.jpg', join(folder, 'folder/a.jpg'));
  await symlink('../store/inner', join(folder, 'folder/linked'));
  await symlink('..', join(folder, 'store/inner/around'));
  await symlink('nowhere.jpg', join(folder, 'folder/gone.jpg'));
  expect(await found('folder')).toEqual({
    images: ['a.jpg', 'c.jpg', 'linked/around/a.jpg', 'linked/b.jpg'],
    leftOut: {
      'gone.jpg': 'a broken link',
      'linked/around/inner': 'a folder that was searched already',
    },
  });
});

it('leaves out what is hidden or no image, and says so', async () => {
  await put('a.jpg', '._a.jpg', '.DS_Store', '__MACOSX/a.jpg', '.cache/b.jpg', 'x.heic', 'y.tif');
  await put('1.txt', '2.txt');
  const { images, leftOut } = await findImages(folder);
  expect(images).toEqual([join(folder, 'a.jpg')]);
  expect(leftOut).toHaveLength(8);
  const text = describeLeftOut(leftOut)!;
  expect(text).toMatch(/^left out 8: 4 hidden \(/);
  expect(text).toContain('4 not an image by its name (');
  expect(text).toContain('1.txt');
  expect(text).toMatch(/, …\); images are \.jpg, /);
  expect(describeLeftOut([])).toBeUndefined();
});

it('throws where the folder is not there', async () => {
  await expect(findImages(join(folder, 'gone'))).rejects.toThrow('ENOENT');
});
