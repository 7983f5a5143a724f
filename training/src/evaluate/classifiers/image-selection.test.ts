import { expect, it } from 'vitest';
import { parseImageIds, selectImages } from './image-selection.ts';

it('reads ids line by line', () => {
  expect(parseImageIds('image_id\r\nISIC_1\r\n\r\n  ISIC_2  \n')).toEqual(['ISIC_1', 'ISIC_2']);
  expect(parseImageIds('\n \n')).toEqual([]);
});

const images = ['a', 'b', 'c', 'd'].map((imageId) => ({ imageId }));

it('selects in the order of the images, each once', () => {
  expect(selectImages(images, ['d', 'b', 'd'], 'ids.txt')).toEqual([
    { imageId: 'b' },
    { imageId: 'd' },
  ]);
});

it('names what is not there', () => {
  expect(() => selectImages(images, ['a', 'x', 'y'], 'ids.txt')).toThrow(
    'ids.txt names 2 images that the data lack: x, y',
  );
  expect(() => selectImages(images, [], 'ids.txt')).toThrow('ids.txt names no image');
});
