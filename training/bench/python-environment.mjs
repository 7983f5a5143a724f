// Python for the peers that a benchmark compares with: an environment of its own, made once and kept.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../setup/cache-folder.mjs';
import { findPython } from '../setup/find-python.mjs';
import { withLock } from '../setup/lock.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { TENSORFLOW_VERSION, wheelFor } from '../setup/tensorflow-wheel.mjs';

const INSTALL_LIMIT_MS = 20 * 60_000;

/**
 * The virtual environment that the peers of both benchmarks run in: exactly `requirements.txt` and the TensorFlow that
 * training uses, below the user's cache folder; made when it is not there yet.
 *
 * @param {(line: string) => void} log
 * @returns {Promise<string>} the path of its Python
 * @throws {SetupError} where Python is missing or a package cannot be installed
 */
export async function pythonEnvironment(log) {
  const hasGlibc = Boolean(process.report.getReport().header.glibcVersionRuntime);
  const { project } = wheelFor(process.platform, process.arch, hasGlibc);
  const requirements = readFileSync(new URL('requirements.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .concat(`${project}==${TENSORFLOW_VERSION}`);
  const digest = createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `bench-python-${digest}`);
  const python = (root) =>
    process.platform === 'win32'
      ? join(root, 'Scripts', 'python.exe')
      : join(root, 'bin', 'python');
  const record = join(folder, 'complete');
  if (existsSync(record)) return python(folder);

  const base = await findPython();
  return withLock(
    `${folder}.lock`,
    () => log(`waiting for another setup of ${folder}`),
    async () => {
      if (existsSync(record)) return python(folder);
      log(`making a Python environment in ${folder}`);
      rmSync(folder, { recursive: true, force: true });
      const made = await runCommand(base, ['-m', 'venv', folder], { limitMs: INSTALL_LIMIT_MS });
      if (made.code !== 0) {
        throw new SetupError(
          `${base} makes no virtual environment:\n${lastLines(made.output)}`,
          'apt-get install -y python3-venv, or name another Python in PYTHON',
        );
      }
      log(`installing ${requirements.join(', ')} with pip`);
      const options = [
        '--quiet',
        '--no-input',
        '--disable-pip-version-check',
        '--progress-bar=off',
      ];
      const installed = await runCommand(
        python(folder),
        ['-m', 'pip', 'install', ...options, ...requirements],
        { limitMs: INSTALL_LIMIT_MS },
      );
      if (installed.code !== 0) {
        throw new SetupError(
          installed.timedOut
            ? `installing took more than ${INSTALL_LIMIT_MS / 60_000} minutes`
            : `pip did not install the packages:\n${lastLines(installed.output)}`,
          'see that pip reaches a package index (pip config list) that has them for this Python',
        );
      }
      writeFileSync(`${record}.partial`, `${requirements.join('\n')}\n`);
      renameSync(`${record}.partial`, record);
      return python(folder);
    },
  );
}

function lastLines(output) {
  return output.trim().split('\n').slice(-4).join('\n');
}
