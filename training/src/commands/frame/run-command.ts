import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O & typeof HELP_OPTION; allowPositionals: true; strict: true }>
>;

const HELP_OPTION = { help: { type: 'boolean' } } as const;

/** A command of the program: its flags, and what it does with them. */
export interface Command<O extends Options> {
  /** The text of --help; its first line says what the command does, in a sentence. */
  readonly help: string;
  readonly options: O;
  /** Flags that must be given. */
  readonly required?: readonly (keyof O & string)[];
  /** Whether words without a flag are accepted (by default: no). */
  readonly words?: boolean;
  /** Exit status of an error (by default: 1). */
  readonly errorStatus?: number;
  /** Ends the process although threads of TensorFlow are still there. */
  readonly endsProcess?: boolean;
  /** @returns the exit status; 0 by default */
  run(values: Parsed<O>['values'], words: readonly string[]): Promise<number | undefined>;
}

/**
 * Runs a command on the arguments of the process: the one place where flags are read, --help is answered, and an
 * error becomes a message and an exit status. Messages go to stderr, without a stack.
 */
export async function runCommand<const O extends Options>(command: Command<O>): Promise<void> {
  const status = await execute(command).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return command.errorStatus ?? 1;
  });
  if (command.endsProcess) process.exit(status);
  process.exitCode = status;
}

async function execute<O extends Options>(command: Command<O>): Promise<number> {
  const { values, positionals } = parse(command);
  if ((values as { help?: boolean }).help) {
    console.log(command.help);
    return 0;
  }
  const { required = [] } = command;
  if (required.some((name) => isMissing((values as Record<string, unknown>)[name]))) {
    const flags = required.map((name) => `--${name}`).join(' and ');
    throw new UsageError(`${flags} ${required.length > 1 ? 'are' : 'is'} needed`, command.help);
  }
  return (await command.run(values, positionals)) ?? 0;
}

/** Not given, empty, or, of a flag that can be repeated, given not once. */
function isMissing(value: unknown): boolean {
  return !value || (Array.isArray(value) && value.length === 0);
}

function parse<O extends Options>({ options, words = false }: Command<O>): Parsed<O> {
  try {
    return parseArgs({
      options: { ...options, ...HELP_OPTION },
      allowPositionals: words,
      strict: true,
    }) as Parsed<O>;
  } catch (error) {
    // Node's first sentence names the flag or the word; the second one is about escaping it.
    const [sentence] = (error as Error).message.split('. ');
    throw new Error(`${sentence} (see --help)`, { cause: error });
  }
}

/** The command was called in a way that it does not know; the message ends with its help. */
export class UsageError extends Error {
  constructor(message: string, help: string) {
    super(`${message}\n\n${help}`);
  }
}
