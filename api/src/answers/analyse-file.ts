import type { Analysis, AnalysisWish, Engine } from '../analysis/engine.ts';
import type { Limits } from '../http/context/app-dependencies.ts';
import { PROBLEM_OF_FAILURE } from '../http/request/analyse-upload.ts';
import { inspectPhoto } from './check-photo.ts';
import { ProblemError } from './problem-error.ts';

/**
 * Analyses one image file outside of a request: its header is held against the limits first.
 *
 * @throws ProblemError about the file, EngineError where the engine gives no answer, Error for a defect
 */
export async function analyseFile(
  bytes: Uint8Array<ArrayBuffer>,
  engine: Pick<Engine, 'analyse'>,
  limits: Limits,
  wish: AnalysisWish = {},
): Promise<Analysis> {
  const photo = inspectPhoto(bytes, limits);
  const [outcome] = await engine.analyse([photo], wish, new AbortController().signal);
  if (outcome!.ok) return outcome!.analysis;
  const { failure } = outcome!;
  if (failure.kind === 'crashed') throw new Error(failure.cause);
  throw new ProblemError(PROBLEM_OF_FAILURE[failure.kind], failure.detail);
}
