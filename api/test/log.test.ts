import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg } from './helpers/pictures.ts';
import { freePort } from './helpers/redis.ts';

const NODE_ENTRY = fileURLToPath(new URL('../dist/node.js', import.meta.url));

describe.skipIf(!existsSync('/dev/full'))('a server whose log is on a full disk', () => {
  it('goes on serving, and counts what was not written', async () => {
    const port = await freePort();
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [NODE_ENTRY], {
      env: { PATH: process.env.PATH, PORT: String(port), NAEVUS_MODEL_DIR: writeFixtureArtifact() },
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let stderr = '';
    child.stderr!.on('data', (chunk) => {
      stderr += chunk;
    });
    const url = `http://127.0.0.1:${port}`;
    const ready = () =>
      fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(ready, { timeout: 15_000 }).toBe(true);
    for (let i = 0; i < 5; i++) {
      const response = await fetch(`${url}/predict`, { method: 'POST', body: await jpeg() });
      expect(response.status).toBe(200);
    }
    const figures = await (await fetch(`${url}/metrics`)).text();
    const lost = Number(/^naevus_log_lines_lost_total (\d+)$/m.exec(figures)![1]);
    expect(lost).toBeGreaterThanOrEqual(5);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(stderr).toBe('');
  }, 30_000);
});
