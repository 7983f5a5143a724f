import type { Analysis, Engine } from '../analysis/engine.ts';
import { analyseOpened } from '../answers/analyse-opened.ts';
import { openImage } from '../answers/open-image.ts';
import { modelReference } from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { bodyTooLarge } from '../http/request/read-body.ts';
import { emptyAsProblem } from '../http/request/upload.ts';
import { edgeConverter } from '../runtime/edge/edge-converter.ts';
import { EDGE_LIMITS } from '../runtime/edge/edge-limits.ts';
import type { ModelReference } from '../schemas/prediction.ts';
import type { JobOptions } from '../schemas/request.ts';
import type { Bulk } from './bulk.ts';
import { BulkFailure, orRetry } from './failure.ts';
import type { BucketObjectBody } from './platform.ts';

/** What the edge reads beside images. */
const CONVERTER = edgeConverter(EDGE_LIMITS.maxPixels);

/**
 * The engine, which has the model that a job asks for.
 *
 * @throws BulkFailure
 */
export async function engineFor(
  bulk: Bulk,
  asked: Pick<ModelReference, 'sha256'> | undefined,
): Promise<Engine> {
  const engine = await orRetry('the model could not be loaded', () => bulk.engine());
  const { version, sha256 } = modelReference(engine.model);
  if (asked && asked.sha256 !== sha256) {
    const reason = `the job asks for another model than this worker's, which is ${version} now: start another job`;
    throw new BulkFailure(reason);
  }
  return engine;
}

/**
 * Analyses an image of the bucket; what is wrong with it is its result.
 *
 * @throws BulkFailure, and Error for a defect
 */
export async function analyseObject(
  object: BucketObjectBody,
  engine: Engine,
  { tta, similar }: JobOptions,
): Promise<Analysis | ProblemError> {
  const { maxBodyBytes } = EDGE_LIMITS;
  if (object.size > maxBodyBytes) {
    await object.body.cancel();
    return bodyTooLarge(maxBodyBytes);
  }
  const bytes = await orRetry('the image could not be read to its end', () => object.arrayBuffer());
  const file = emptyAsProblem(new Uint8Array(bytes));
  if (file instanceof ProblemError) return file;
  try {
    const options = { tta, ...(similar !== undefined && { similar }) };
    const { signal } = new AbortController();
    return await analyseOpened(
      await openImage(file, EDGE_LIMITS, CONVERTER, signal),
      engine,
      options,
    );
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}
