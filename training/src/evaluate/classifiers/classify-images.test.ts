import { expect, it } from 'vitest';
import { classifyImages } from './classify-images.ts';
import { NETWORK_WORKERS } from './network-workers.ts';

const images = Array.from({ length: 9 }, (_, i) => ({
  imageId: `image ${i}`,
  path: `/at/${i}`,
  i,
}));
const prepare = async (path: string) => Uint8Array.of(Number(path.split('/').at(-1)));

it('keeps the order and what each image carries', async () => {
  const { results, unreadable } = await classifyImages(images, prepare, async (rgb) => rgb[0]! * 2);
  expect(results.map(({ image, result }) => [image.i, result])).toEqual(
    images.map(({ i }) => [i, 2 * i]),
  );
  expect(unreadable).toEqual([]);
});

it('names what cannot be prepared and goes on', async () => {
  const failing = async (path: string) => {
    if (path === '/at/0' || path === '/at/8') throw new Error('cut off');
    return prepare(path);
  };
  const { results, unreadable } = await classifyImages(images, failing, async (rgb) => rgb[0]);
  expect(results).toHaveLength(7);
  expect(unreadable).toEqual([
    { imageId: 'image 0', path: '/at/0', reason: 'cut off' },
    { imageId: 'image 8', path: '/at/8', reason: 'cut off' },
  ]);
});

it('keeps the order where later images are done first', async () => {
  const { results } = await classifyImages(images, prepare, async (rgb) => {
    await new Promise((resolve) => setTimeout(resolve, 20 - 2 * rgb[0]!));
    return rgb[0];
  });
  expect(results.map(({ result }) => result)).toEqual(images.map(({ i }) => i));
});

it('tells the place of an image, also where later ones are prepared first', async () => {
  const late = async (path: string) => {
    await new Promise((resolve) => setTimeout(resolve, 20 - 2 * Number(path.split('/').at(-1))));
    return prepare(path);
  };
  const { results } = await classifyImages(images, late, async (rgb, index) => [rgb[0], index]);
  expect(results.map(({ result }) => result)).toEqual(images.map(({ i }) => [i, i]));
});

it('does not take a failure of the model for one of an image', async () => {
  const broken = async () => {
    throw new Error('out of memory');
  };
  await expect(classifyImages(images, prepare, broken)).rejects.toThrow('out of memory');
});

it('prepares a few images ahead and no more', async () => {
  let begun = 0;
  let classified = 0;
  let most = 0;
  const counting = async (path: string) => {
    begun++;
    most = Math.max(most, begun - classified);
    return prepare(path);
  };
  const many = Array.from({ length: 60 }, (_, i) => ({ ...images[0]!, i }));
  await classifyImages(many, counting, async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    classified++;
  });
  expect(begun).toBe(many.length);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(NETWORK_WORKERS + 4);
});

it('has nothing to do without images', async () => {
  expect(await classifyImages([], prepare, prepare as never)).toEqual({
    results: [],
    unreadable: [],
  });
});
