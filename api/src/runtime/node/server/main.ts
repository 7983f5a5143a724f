import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { ArtifactError } from '@naevus/shared/model/verify';
import { isKeyScope, KEY_SCOPES, type KeyScope } from '../../../http/context/key-check.ts';
import { KeyListError } from '../../../http/middleware/api-keys.ts';
import { SettingsError } from '../../settings/settings-error.ts';
import { newKey } from '../access/new-key.ts';
import type { InferenceWorkers } from '../inference/inference-workers.ts';
import { NodeServer, WORKERS_STOP_SECONDS } from './node-server.ts';
import { describeSettings, readSettings } from './settings.ts';
import { StartError } from './start-error.ts';
import type { StopSignal } from './stop-signal.ts';

const HELP = `Serves the Naevus API over HTTP.

Usage: node api/dist/node.js [--help]
       node api/dist/node.js keys NAME [--scope SCOPE]… >> FILE

The second makes a key for a client: it shows the key once, and writes the line that NAEVUS_API_KEYS_FILE takes. Without
--scope it is for predict (images and models); --scope metrics is for /metrics.

Settings are environment variables:
${describeSettings()}
`;

/**
 * The server, from settings to SIGTERM.
 *
 * @param firstWorker one that was spawned already, to lose no time
 * @param stopSignal listened to from the start
 */
export async function main(
  workers: InferenceWorkers,
  firstWorker: Worker | undefined,
  stopSignal: StopSignal,
): Promise<void> {
  try {
    const task = readArguments(process.argv.slice(2));
    if (task.help) process.stdout.write(HELP);
    else if (task.keyFor !== undefined) makeKey(task.keyFor);
    else await serve(workers, firstWorker, stopSignal);
  } catch (error) {
    process.stderr.write(
      isStartError(error) ? `naevus: ${error.message}\n` : `${(error as Error).stack}\n`,
    );
    await workers.stopAll(WORKERS_STOP_SECONDS);
    process.exit(1);
  }
}

function isStartError(error: unknown): error is Error {
  return (
    error instanceof StartError ||
    error instanceof SettingsError ||
    error instanceof KeyListError ||
    error instanceof ArtifactError
  );
}

interface Task {
  readonly help: boolean;
  readonly keyFor?: { readonly name: string; readonly scopes: readonly KeyScope[] };
}

function readArguments(args: string[]): Task {
  let parsed: { values: { help?: boolean; scope?: string[] }; positionals: string[] };
  try {
    parsed = parseArgs({
      args,
      options: { help: { type: 'boolean' }, scope: { type: 'string', multiple: true } },
      allowPositionals: true,
    });
  } catch (error) {
    // After its first sentence, Node's message is about positional arguments.
    throw new StartError(`${(error as Error).message.split('. ', 1)[0]} (see --help)`);
  }
  const [command, name, ...more] = parsed.positionals;
  const help = parsed.values.help === true;
  if (command === undefined) {
    if (parsed.values.scope === undefined) return { help };
    throw new StartError('--scope is an option of keys (see --help)');
  }
  if (command !== 'keys') throw new StartError(`there is no command "${command}" (see --help)`);
  if (help) return { help };
  if (name === undefined || more.length > 0) {
    throw new StartError('keys takes one name, of the client that the key is for (see --help)');
  }
  const scopes = parsed.values.scope ?? [];
  const unknown = scopes.find((scope) => !isKeyScope(scope));
  if (unknown !== undefined) {
    throw new StartError(`--scope is ${KEY_SCOPES.join(' or ')}, not "${unknown}" (see --help)`);
  }
  return { help, keyFor: { name, scopes: scopes.filter(isKeyScope) } };
}

function makeKey({ name, scopes }: NonNullable<Task['keyFor']>): void {
  let made: ReturnType<typeof newKey>;
  try {
    made = newKey(name, scopes);
  } catch {
    throw new StartError('a name has up to 64 letters, digits, dots, dashes and underscores');
  }
  process.stderr.write(`The key of ${name}, shown this once: ${made.key}\n`);
  process.stdout.write(`${made.line}\n`);
}

async function serve(
  workers: InferenceWorkers,
  firstWorker: Worker | undefined,
  stopSignal: StopSignal,
): Promise<void> {
  const server = await NodeServer.create(readSettings(process.env), workers, firstWorker);
  stopSignal.listen(async (signal) => {
    await server.stop(signal);
    process.exit(0);
  });
  if (stopSignal.received) return;
  await server.start(() => stopSignal.received);
}
