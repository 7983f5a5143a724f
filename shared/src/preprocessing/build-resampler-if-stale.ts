import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Before the tests: compiles the resampler where the build has not, or has been overtaken by its source. */
export default function buildResamplerIfStale(): void {
  const workspace = new URL('../../', import.meta.url);
  const built = modified(new URL('dist/resampler.wasm', workspace));
  const sources = ['resampler.ts', 'asconfig.json'].map(
    (name) => new URL(`assembly/${name}`, import.meta.url),
  );
  if (sources.every((source) => modified(source) < built)) return;
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
