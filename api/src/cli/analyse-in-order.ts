import type { Analysis, AnalysisOptions } from '../analysis/engine.ts';
import { ProblemError } from '../answers/problem-error.ts';
import type { OfflineEngine } from './offline-engine.ts';

/** Analyses files, as many at once as keep the engine busy, and gives each with its result, in their order. */
export async function* analyseInOrder(
  files: readonly string[],
  engine: OfflineEngine,
  options: AnalysisOptions,
): AsyncGenerator<readonly [file: string, result: Analysis | ProblemError]> {
  const pending: Promise<Analysis | ProblemError>[] = [];
  let begun = 0;
  for (const file of files) {
    while (begun < files.length && pending.length < engine.concurrency) {
      pending.push(orProblem(engine.analyse(files[begun++]!, options)));
    }
    yield [file, await pending.shift()!];
  }
}

/** A file's own problem is its result; a defect ends the work. */
export async function orProblem(work: Promise<Analysis>): Promise<Analysis | ProblemError> {
  return work.catch((error: unknown) => {
    if (error instanceof ProblemError) return error;
    throw error;
  });
}
