import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from './lock.mjs';

let folder;
let path;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('lets one in at a time and tells the others that they wait', async () => {
  const events = [];
  const hold = (name) =>
    withLock(
      path,
      () => events.push(`${name} waits`),
      async () => {
        events.push(`${name} in`);
        await sleep(50);
        events.push(`${name} out`);
      },
    );
  await Promise.all([hold('a'), hold('b')]);
  expect(events).toEqual(['a in', 'b waits', 'a out', 'b in', 'b out']);
  expect(existsSync(path)).toBe(false);
});

it('gives the lock back when the work fails', async () => {
  const failing = withLock(
    path,
    () => {},
    () => Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

it('takes over at once from a process of this machine that died', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(path, JSON.stringify({ host: hostname(), pid }));
  await expect(
    withLock(
      path,
      () => {},
      async () => 'done',
    ),
  ).resolves.toBe('done');
});

it('takes over from another machine only after a minute without a beat', async () => {
  writeFileSync(path, JSON.stringify({ host: 'elsewhere', pid: 1 }));
  let waited = false;
  const work = withLock(
    path,
    () => {
      waited = true;
      const minutesAgo = new Date(Date.now() - 120_000);
      utimesSync(path, minutesAgo, minutesAgo);
    },
    async () => 'done',
  );
  await expect(work).resolves.toBe('done');
  expect(waited).toBe(true);
});
