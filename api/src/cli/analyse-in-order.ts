import type { Analysis, AnalysisOptions } from '../analysis/engine.ts';
import { ProblemError } from '../answers/problem-error.ts';
import type { StatingFile } from '../answers/stated-patient.ts';
import type { OfflineEngine } from './offline-engine.ts';

/** A file that was analysed, with what it says of the patient. */
export interface AnalysedFile extends StatingFile {
  readonly analysis: Analysis;
}

/**
 * Analyses files, as many at once as keep the engine busy, and gives each with its result, in their order.
 *
 * @param options of all, or of each by what it says of the patient
 */
export async function* analyseInOrder(
  paths: readonly string[],
  engine: OfflineEngine,
  options: AnalysisOptions | ((file: StatingFile) => AnalysisOptions),
): AsyncGenerator<readonly [path: string, result: AnalysedFile | ProblemError]> {
  const pending: Promise<AnalysedFile | ProblemError>[] = [];
  let begun = 0;
  for (const path of paths) {
    while (begun < paths.length && pending.length < engine.concurrency) {
      pending.push(orProblem(analysePath(paths[begun++]!, engine, options)));
    }
    yield [path, await pending.shift()!];
  }
}

/** @throws ProblemError about the file */
export async function analysePath(
  path: string,
  engine: OfflineEngine,
  options: AnalysisOptions | ((file: StatingFile) => AnalysisOptions),
): Promise<AnalysedFile> {
  const opened = await engine.open(path);
  const { source, patient }: StatingFile = opened;
  const file = { ...(source && { source }), ...(patient && { patient }) };
  const analysis = await engine.analyse(
    opened,
    typeof options === 'function' ? options(file) : options,
  );
  return { ...file, analysis };
}

/** A file's own problem is its result; a defect ends the work. */
export async function orProblem<T>(work: Promise<T>): Promise<T | ProblemError> {
  return work.catch((error: unknown) => {
    if (error instanceof ProblemError) return error;
    throw error;
  });
}
