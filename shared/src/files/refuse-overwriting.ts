import { realpath, stat } from 'node:fs/promises';

/** A file that a command would write over is one that it reads. */
export class OverwriteError extends Error {
  override readonly name = 'OverwriteError';

  constructor(output: string, input: string) {
    const same = output === input ? '' : ` (the same file as ${input})`;
    super(
      `${output} would be overwritten, and it is an input${same}: write to another file or folder`,
    );
  }
}

/**
 * Checks that no output is an input, however their paths are spelled: through links, hard links, other folders or,
 * where the file system does not tell them apart, other case.
 *
 * @param outputs files that will be written; those that do not exist yet overwrite nothing
 * @param inputs files that are read
 * @throws OverwriteError for the first output that is an input
 */
export async function refuseOverwriting(
  outputs: readonly string[],
  inputs: readonly string[],
): Promise<void> {
  const existing = await identities(outputs);
  if (existing.size === 0) return;
  for (const input of inputs) {
    for (const key of await keysOf(input)) {
      const output = existing.get(key);
      if (output !== undefined) throw new OverwriteError(output, input);
    }
  }
}

async function identities(paths: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of paths) for (const key of await keysOf(path)) found.set(key, path);
  return found;
}

/** Device and inode, which links share, and the path behind all links, for file systems without inodes. */
async function keysOf(path: string): Promise<string[]> {
  const file = await stat(path, { bigint: true }).catch(() => undefined);
  if (file === undefined) return [];
  const keys = [await realpath(path)];
  if (file.ino !== 0n) keys.push(`${file.dev}:${file.ino}`);
  return keys;
}
