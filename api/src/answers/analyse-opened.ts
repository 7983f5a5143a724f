import type { Analysis, AnalysisOptions, CheckedImage, Engine } from '../analysis/engine.ts';
import { problemOfFailure } from './problem-of-failure.ts';

/**
 * Analyses one image outside of a request.
 *
 * @param image as `openImage` gives it; its memory may be taken away
 * @throws ProblemError about the file, EngineError where the engine gives no answer, Error for a defect
 */
export async function analyseOpened(
  image: CheckedImage,
  engine: Pick<Engine, 'analyse'>,
  options: AnalysisOptions = {},
): Promise<Analysis> {
  const { signal } = new AbortController();
  const [outcome] = await engine.analyse([image], options, signal);
  if (outcome!.ok) return outcome!.analysis;
  const { failure } = outcome!;
  if (failure.kind === 'crashed') throw new Error(failure.cause);
  throw problemOfFailure(failure);
}
