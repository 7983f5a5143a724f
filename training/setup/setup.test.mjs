import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const run = (...args) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('setup.mjs', import.meta.url)), ...args], {
    encoding: 'utf8',
  });

it('names a flag that it does not understand', () => {
  const { status, stderr } = run('--if-mising');
  expect(status).toBe(2);
  expect(stderr).toContain("'--if-mising'");
});

it('prints its usage', () => {
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  expect(stdout).toContain('--if-missing');
});
