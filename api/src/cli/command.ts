import type { ParseArgsConfig } from 'node:util';
import type { InferenceWorkers } from '../runtime/node/inference/inference-workers.ts';

/** A command, with what it takes. */
export interface Command {
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** @returns the exit code */
  run(
    values: Readonly<Record<string, unknown>>,
    files: readonly string[],
    workers: InferenceWorkers,
  ): Promise<number>;
}
