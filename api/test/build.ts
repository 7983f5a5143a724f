import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FIXTURES } from './helpers/fixture-artifact.ts';

/** Before the tests: bundles the workspace. After them: removes what they wrote. */
export default function build(): () => void {
  const script = fileURLToPath(new URL('../build.mjs', import.meta.url));
  execFileSync(process.execPath, [script], { stdio: 'inherit' });
  return () => rmSync(FIXTURES, { recursive: true, force: true });
}
