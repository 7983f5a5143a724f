import type { IndexedCase } from './case-index.ts';
import { PICTURES_PER_FILE, type SimilarCasesSpec } from './similar-cases-spec.ts';

/** Where the WebP picture of a case is. */
export interface PicturePlace {
  /** One of the files of the version. */
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Where each picture is, by the image id of its case.
 *
 * @param cases of the index, in its order
 * @throws RangeError when there are not as many pictures as the manifest says
 */
export function picturePlaces(
  cases: readonly IndexedCase[],
  { paths, count }: NonNullable<SimilarCasesSpec['pictures']>,
): ReadonlyMap<string, PicturePlace> {
  const places = new Map<string, PicturePlace>();
  let start = 0;
  for (const { imageId, pictureBytes } of cases) {
    if (pictureBytes === 0) continue;
    if (places.size % PICTURES_PER_FILE === 0) start = 0;
    const path = paths[Math.floor(places.size / PICTURES_PER_FILE)];
    if (path === undefined) break;
    places.set(imageId, { path, start, end: start + pictureBytes });
    start += pictureBytes;
  }
  if (places.size !== count) {
    throw new RangeError(`the index has ${places.size} pictures where the manifest says ${count}`);
  }
  return places;
}

/**
 * Puts pictures into files as {@link picturePlaces} finds them.
 *
 * @param pictures in the order of their cases
 */
export function packPictures(pictures: readonly Uint8Array[]): Uint8Array[] {
  const files: Uint8Array[] = [];
  for (let from = 0; from < pictures.length; from += PICTURES_PER_FILE) {
    const packed = pictures.slice(from, from + PICTURES_PER_FILE);
    const file = new Uint8Array(packed.reduce((bytes, { length }) => bytes + length, 0));
    let at = 0;
    for (const picture of packed) {
      file.set(picture, at);
      at += picture.length;
    }
    files.push(file);
  }
  return files;
}
