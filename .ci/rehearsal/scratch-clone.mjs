import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A clone of what is committed in this checkout, with its installed packages. */
export function cloneWithPackages(clone) {
  execFileSync('git', ['clone', '--quiet', '--shared', root, clone]);
  installTree(clone);
}

/** The installed packages of this checkout, as links where the file system has them. */
function installTree(clone) {
  for (const folder of ['', 'api', 'shared', 'training']) {
    const from = join(root, folder, 'node_modules');
    if (!existsSync(from)) continue;
    try {
      execFileSync('cp', ['-al', from, join(clone, folder, 'node_modules')], { stdio: 'ignore' });
    } catch {
      cpSync(from, join(clone, folder, 'node_modules'), {
        recursive: true,
        verbatimSymlinks: true,
        force: true,
        errorOnExist: false,
      });
    }
  }
}

/**
 * Pictures of two sources, archives of them, and weights to begin from, made up.
 *
 * @returns digest of the data
 */
export async function writeMaterial(scratch) {
  const script = join(root, 'training/.cache/rehearsal-material.mjs');
  mkdirSync(join(root, 'training/.cache'), { recursive: true });
  await build({
    entryPoints: [join(root, 'training/src/run/fixtures/rehearsal-material.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['sharp', 'yazl', '@tensorflow/*', 'csv-parse', 'zod'],
    logLevel: 'warning',
  });
  const printed = execFileSync(process.execPath, [script, scratch], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return printed.trim().split('\n').at(-1);
}
