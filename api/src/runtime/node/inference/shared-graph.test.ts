import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { openSharedGraph, writeSharedGraph } from './shared-graph.ts';

const named = (): string[] => readdirSync(tmpdir()).filter((name) => /^naevus-.*\.ort$/.test(name));

it.runIf(process.platform === 'linux')(
  'writes a file that has no name, and opens what was written alone',
  async () => {
    const before = named();
    const graph = await writeSharedGraph(async (path) => writeFileSync(path, 'the graph'));
    expect(named()).toEqual(before);
    expect(await openSharedGraph(graph, async (path) => readFileSync(path, 'utf8'))).toBe(
      'the graph',
    );
    const changed = { ...graph, sha256: '0'.repeat(64) };
    await expect(openSharedGraph(changed, async () => 1)).rejects.toThrow('not what was written');
    // As Node does where the thread ends that wrote it: the number is soon another file's.
    const descriptor = Number(graph.path.split('/').at(-1));
    closeSync(descriptor);
    await expect(openSharedGraph(graph, async () => 1)).rejects.toThrow('ENOENT');
    const other = openSync(import.meta.filename, 'r');
    const reused = { ...graph, path: `/proc/self/fd/${other}` };
    await expect(openSharedGraph(reused, async () => 1)).rejects.toThrow('not what was written');
    closeSync(other);
  },
);

it.runIf(process.platform === 'linux')('keeps no file open that was not written', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  const full = writeSharedGraph(() => Promise.reject(new Error('no space left')));
  await expect(full).rejects.toThrow('no space left');
  expect(open()).toBe(before);
});
