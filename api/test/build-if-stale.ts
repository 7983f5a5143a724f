import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import buildKernelsIfStale from '../../shared/test/build-kernels-if-stale.ts';
import { FIXTURES } from './helpers/fixture-artifact.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Files, and folders with all that is in them, that the bundle is made of. */
const SOURCES = ['api/src', 'api/build.mjs', 'shared/src', 'shared/dist', 'package-lock.json'];

/** Written last by the build. */
const BUILT = 'api/dist/built';

/**
 * Before the tests, and before each run in watch mode: bundles the workspace where a source is newer than the
 * bundle. After them: removes what they wrote.
 */
export default function setup(project: TestProject): () => void {
  buildIfStale();
  project.onTestsRerun(() => buildIfStale());
  return () => rmSync(FIXTURES, { recursive: true, force: true });
}

function buildIfStale(): void {
  buildKernelsIfStale();
  const built = modified(BUILT);
  if (SOURCES.every((source) => newest(source) < built)) return;
  execFileSync(process.execPath, [join(root, 'api/build.mjs')], { stdio: 'inherit' });
}

/** Of a file, or of a folder and all that is in it, in milliseconds since 1970. Tests are in no bundle. */
function newest(path: string): number {
  if (!statSync(join(root, path)).isDirectory()) return modified(path);
  const entries = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' });
  const times = entries
    .filter((entry) => !entry.endsWith('.test.ts'))
    .map((entry) => modified(join(path, entry)));
  return Math.max(modified(path), ...times);
}

function modified(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
