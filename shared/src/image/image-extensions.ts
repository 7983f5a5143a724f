/**
 * Endings of the files that the decoders read, in lower case: folders are searched for them. What a file is, its first
 * bytes say.
 */
export const IMAGE_EXTENSIONS = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.jfi',
  '.jif',
  '.pjpeg',
  '.pjp',
  '.png',
  '.webp',
] as const;

/** Whether a file's name ends in one of the extensions, in any case. */
export function hasImageExtension(
  name: string,
  extensions: readonly string[] = IMAGE_EXTENSIONS,
): boolean {
  const lower = name.toLowerCase();
  return extensions.some((extension) => lower.endsWith(extension));
}

/** A file's name without such an ending. */
export function withoutImageExtension(name: string): string {
  const lower = name.toLowerCase();
  const extension = IMAGE_EXTENSIONS.find((one) => lower.endsWith(one)) ?? '';
  return name.slice(0, name.length - extension.length);
}
