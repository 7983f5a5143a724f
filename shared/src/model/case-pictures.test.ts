import { expect, it } from 'vitest';
import type { IndexedCase } from './case-index.ts';
import { packPictures, picturePlaces } from './case-pictures.ts';
import { PICTURES_PER_FILE } from './similar-cases-spec.ts';

const COUNT = PICTURES_PER_FILE + 3;
/** Every third case has none. */
const cases: IndexedCase[] = Array.from({ length: 2 * COUNT }, (_, i) => ({
  imageId: `image-${i}`,
  lesionId: null,
  label: 0,
  confirmedBy: 'unknown',
  pictureBytes: i % 3 === 0 ? 0 : 1 + (i % 7),
}));
const pictured = cases.filter(({ pictureBytes }) => pictureBytes > 0);
const pictures = pictured.map(({ pictureBytes }, i) => new Uint8Array(pictureBytes).fill(i % 256));

it('finds every picture in the files that they were put into', () => {
  const files = packPictures(pictures);
  expect(files).toHaveLength(2);
  const paths = files.map((_, i) => `pictures/${i}.bin`);
  const spec = { paths, count: pictured.length, attribution: 'by hand' };
  const places = picturePlaces(cases, spec);
  expect([...places.keys()]).toEqual(pictured.map(({ imageId }) => imageId));
  for (const [i, { path, start, end }] of [...places.values()].entries()) {
    expect(files[paths.indexOf(path)]!.subarray(start, end)).toEqual(pictures[i]);
  }
  expect(() => picturePlaces(cases, { ...spec, count: 5 })).toThrow('manifest says 5');
  expect(() => picturePlaces(cases, { ...spec, paths: paths.slice(1) })).toThrow(RangeError);
});
