import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Writes a file in one step: its name shows the old content or all of the new, whatever interrupts the program.
 * Two processes that write the same file at once do not mix their contents.
 *
 * @param content the new content, or a function that writes it to the path it gets
 * @throws Error when the disk does not take it; the old file is still there, and nothing else
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | ((partial: string) => Promise<void>),
): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    if (typeof content === 'function') await content(partial);
    else await writeFile(partial, content);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}
