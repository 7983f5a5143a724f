import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const BUILD = fileURLToPath(new URL('../build.mjs', import.meta.url));

/** Before the tests, and before each run in watch mode: bundles the commands and threads that tests start. */
export default function setup(project: TestProject): void {
  const build = () => execFileSync(process.execPath, [BUILD], { stdio: 'inherit' });
  build();
  project.onTestsRerun(async () => {
    build();
  });
}
