// Keeps large files out of history: only model artifacts may exceed 2 MiB.
import { execFileSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT_BYTES = 2 * 1024 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && !path.startsWith('model-artifacts/'));
for (const path of tracked) {
  const bytes = lstatSync(join(root, path), { throwIfNoEntry: false })?.size ?? 0;
  if (bytes <= LIMIT_BYTES) continue;
  console.error(
    `${path}: ${(bytes / 1024 / 1024).toFixed(1)} MiB; tracked files outside model-artifacts/ stay under 2`,
  );
  process.exitCode = 1;
}
