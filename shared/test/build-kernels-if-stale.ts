import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Before the tests: compiles the kernels where the build has not, or has been overtaken by their sources. */
export default function buildKernelsIfStale(): void {
  const workspace = new URL('../', import.meta.url);
  const built = modified(new URL('dist/kernels.wasm', workspace));
  const sources = readdirSync(new URL('src/', workspace), { recursive: true, encoding: 'utf8' })
    .filter((file) => /assembly[/\\][^/\\]+\.ts$/.test(file))
    .map((file) => `src/${file}`);
  const stale = ['asconfig.json', ...sources].some(
    (source) => modified(new URL(source, workspace)) >= built,
  );
  if (!stale) return;
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(workspace),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}

/** Milliseconds since 1970, 0 where there is no such file. */
function modified(file: URL): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
