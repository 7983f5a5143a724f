import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PYTHON = 'python3';
const INSTALL_LIMIT_MS = 5 * 60_000;
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'naevus', 'python');

/** Runs Python with packages; gives what it wrote, and throws with it where it fails. */
export type Python = (
  args: readonly string[],
  options?: { readonly limitMs?: number; readonly cwd?: string },
) => Promise<{ readonly stdout: string; readonly stderr: string }>;

/**
 * Python with the packages of `python/NAME.txt`, which lists them with their exact versions and all
 * that they need. Installed once for each list, into the user's cache.
 *
 * @returns undefined, and a warning, where this machine has no Python or does not reach its package
 *   index. On GitHub, whose images have both, that is an error.
 */
export async function pythonWith(name: string): Promise<Python | undefined> {
  try {
    const packages = await install(name);
    return (args, { limitMs = 60_000, cwd } = {}) =>
      run(PYTHON, [...args], {
        cwd,
        env: { ...process.env, PYTHONPATH: packages },
        timeout: limitMs,
        maxBuffer: 2 ** 26,
      });
  } catch (error) {
    if (process.env.GITHUB_ACTIONS) throw error;
    const lines = String((error as { stderr?: string }).stderr ?? error).trim();
    console.warn(`SKIPPED: no Python with ${name}: ${lines.slice(lines.lastIndexOf('\n') + 1)}`);
    return undefined;
  }
}

async function install(name: string): Promise<string> {
  const list = fileURLToPath(new URL(`./python/${name}.txt`, import.meta.url));
  const { stdout: version } = await run(PYTHON, [
    '-c',
    'import sys, sysconfig; print(sys.version, sysconfig.get_platform())',
  ]);
  const hash = createHash('sha256').update(readFileSync(list)).update(version).digest('hex');
  const packages = join(CACHE, `${name}-${hash.slice(0, 16)}`);
  if (existsSync(packages)) return packages;

  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(join(CACHE, 'unfinished-'));
  try {
    await run(
      PYTHON,
      [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        ...['--no-deps', '--only-binary', ':all:', '--target', unfinished, '--requirement', list],
      ],
      { timeout: INSTALL_LIMIT_MS },
    );
    // Another test file may have been as quick: one of the two is enough.
    if (!existsSync(packages)) renameSync(unfinished, packages);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return packages;
}
