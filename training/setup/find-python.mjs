import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * The command that starts Python 3 with pip: `PYTHON`, or python3.
 *
 * @throws {SetupError} where there is none
 */
export async function findPython() {
  const python = process.env.PYTHON ?? 'python3';
  const version = await runCommand(python, ['--version'], { limitMs: 30_000 });
  if (version.code !== 0) {
    throw new SetupError(
      `${python} is not there`,
      'install Python 3 with pip, or name it in PYTHON',
    );
  }
  const pip = await runCommand(python, ['-m', 'pip', '--version'], { limitMs: 60_000 });
  if (pip.code !== 0) {
    throw new SetupError(
      `${python} has no pip`,
      'apt-get install -y python3-pip (or python3 -m ensurepip)',
    );
  }
  return python;
}
