/** Image ids, one a line; blank lines, and a first line `image_id`, are passed over. */
export function parseImageIds(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line, i) => line !== '' && !(i === 0 && line.toLowerCase() === 'image_id'));
}

/**
 * The images of the ids, in the images' order.
 *
 * @param origin where the ids are from, for the error
 * @throws Error that counts and names ids without an image, or that says there is no id.
 */
export function selectImages<I extends { readonly imageId: string }>(
  images: readonly I[],
  ids: readonly string[],
  origin: string,
): I[] {
  if (ids.length === 0) throw new Error(`${origin} names no image`);
  const wanted = new Set(ids);
  const selected = images.filter(({ imageId }) => wanted.delete(imageId));
  if (wanted.size > 0) {
    const named = [...wanted].slice(0, 5).join(', ');
    throw new Error(
      `${origin} names ${wanted.size} images that the data lack: ${named}${wanted.size > 5 ? ', ...' : ''}`,
    );
  }
  return selected;
}
