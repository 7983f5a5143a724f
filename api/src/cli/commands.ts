import { parseArgs } from 'node:util';
import { OverwriteError } from '@naevus/shared/files/refuse-overwriting';
import { ArtifactError } from '@naevus/shared/model/verify';
import { unknownNames } from '@naevus/shared/validation/nearest-name';
import { ProblemError } from '../answers/problem-error.ts';
import type { InferenceWorkers } from '../runtime/node/inference/inference-workers.ts';
import { SettingsError } from '../runtime/settings/settings-error.ts';
import type { Command } from './command.ts';
import { gradcamCommand } from './gradcam-command.ts';
import { predictCommand } from './predict-command.ts';
import { reportCommand } from './report-command.ts';
import { UsageError } from './usage-error.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  predict: predictCommand,
  gradcam: gradcamCommand,
  report: reportCommand,
};

const HELP = `Classifies pictures of skin lesions. For research and education only; not a medical device.

Usage: naevus COMMAND …

  serve      serves the API over HTTP
  predict    scores of files, or of all pictures in folders
  gradcam    the heat map of a file, or of all pictures in folders
  report     a page about the photos of one lesion, as PDF

naevus COMMAND --help says more.
`;

/** Could not start: wrong usage, no such file, no model. */
const COULD_NOT_START = 2;

/**
 * Runs what was asked for.
 *
 * @param args without the program
 * @returns the exit code: 0; 1 where an image failed; 2 if it could not start
 */
export async function runCommand(
  args: readonly string[],
  workers: InferenceWorkers,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const command = name === undefined ? undefined : COMMANDS[name];
    if (command === undefined || !Object.hasOwn(COMMANDS, name!)) {
      const fault = name === undefined ? 'a command is missing' : `there is no command ${name}`;
      throw new UsageError(`${fault}; there are serve, ${Object.keys(COMMANDS).join(', ')}`);
    }
    const { values, positionals } = parse(rest, command);
    if (values.help === true) {
      process.stdout.write(command.help);
      return 0;
    }
    return await command.run(values, positionals, workers);
  } catch (error) {
    const told =
      error instanceof UsageError ||
      error instanceof OverwriteError ||
      error instanceof SettingsError ||
      error instanceof ProblemError ||
      error instanceof ArtifactError;
    process.stderr.write(
      told ? `naevus: ${error.message}\n` : `${(error as Error).stack ?? String(error)}\n`,
    );
    return COULD_NOT_START;
  }
}

function parse(args: string[], command: Command) {
  const options: Command['options'] = {
    ...command.options,
    help: { type: 'boolean', short: 'h' },
  };
  refuseUnknownFlags(args, options);
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message} (see --help)`);
  }
}

/** @throws UsageError naming the flag that was most likely meant */
function refuseUnknownFlags(args: string[], options: Command['options']): void {
  const { tokens } = parseArgs({
    args,
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const flags = Object.entries(options).map(([name, { short }]) => ({ name, short }));
  const names = flags.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
  const used = tokens.flatMap((token) => (token.kind === 'option' ? [token.rawName] : []));
  const faults = unknownNames(used, names, 'flag');
  if (faults.length > 0) throw new UsageError(`${faults.join('; ')} (see --help)`);
}
