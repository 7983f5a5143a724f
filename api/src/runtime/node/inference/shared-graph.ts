import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A graph as onnxruntime has optimised it for this machine, in a file that every session of the process may map. */
export interface SharedGraph {
  /** Of a file descriptor: valid while the thread lives that wrote it. */
  readonly path: string;
  readonly sha256: string;
}

const CHUNK_BYTES = 1 << 20;

/**
 * Has a file written that no other process finds: it is made new, readable to this user alone, and loses its name
 * before anything is in it. Its room is free again when the last who reads or maps it has ended, however that is.
 *
 * @param write writes to the path it is given
 * @throws Error where there are no such files (Linux alone has them), or no room for it
 */
export async function writeSharedGraph(
  write: (path: string) => Promise<void>,
): Promise<SharedGraph> {
  if (process.platform !== 'linux') throw new Error('it takes /proc, which Linux alone has');
  const descriptor = openNameless();
  try {
    const path = pathOf(descriptor);
    await write(path);
    // The descriptor stays open, for others to open the file by: Node closes it with the thread.
    return { path, sha256: sha256Of(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Opens the file while it is read or mapped.
 *
 * @param use maps what is at the path it is given
 * @throws Error where the file is gone, or is another one: the number of a descriptor is used again
 */
export async function openSharedGraph<T>(
  { path, sha256 }: SharedGraph,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const descriptor = openSync(path, 'r');
  try {
    if (sha256Of(descriptor) !== sha256)
      throw new Error('the shared graph is not what was written');
    return await use(pathOf(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

/** In memory where nothing may be written to the disk: containers often have a root that is read-only. */
const FOLDERS = [tmpdir(), '/dev/shm'];

function openNameless(): number {
  for (const [i, folder] of FOLDERS.entries()) {
    try {
      const name = join(folder, `naevus-${randomUUID()}.ort`);
      const descriptor = openSync(name, 'wx+', 0o600);
      unlinkSync(name);
      return descriptor;
    } catch (error) {
      if (i === FOLDERS.length - 1) throw error;
    }
  }
  throw new Error('no folder for temporary files');
}

function pathOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

function sha256Of(descriptor: number): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const count = readSync(descriptor, chunk, 0, CHUNK_BYTES, position);
    if (count === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, count));
    position += count;
  }
}
