import type { Analysis, AnalysisOptions, Engine } from '../analysis/engine.ts';
import type { FileConverter } from '../analysis/file-converter.ts';
import { openImage } from './open-image.ts';
import { problemOfFailure } from './problem-of-failure.ts';
import type { Limits } from './request-limits.ts';

/**
 * Analyses one image file outside of a request: its header is compared with the limits first.
 *
 * @throws ProblemError about the file, EngineError where the engine gives no answer, Error for a defect
 */
export async function analyseFile(
  bytes: Uint8Array<ArrayBuffer>,
  engine: Pick<Engine, 'analyse'>,
  limits: Limits,
  options: AnalysisOptions = {},
  converter?: FileConverter,
): Promise<Analysis> {
  const { signal } = new AbortController();
  const image = await openImage(bytes, limits, converter, signal);
  const [outcome] = await engine.analyse([image], options, signal);
  if (outcome!.ok) return outcome!.analysis;
  const { failure } = outcome!;
  if (failure.kind === 'crashed') throw new Error(failure.cause);
  throw problemOfFailure(failure);
}
