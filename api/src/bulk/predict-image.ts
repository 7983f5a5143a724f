import type { Analysis, Engine } from '../analysis/engine.ts';
import { analyseOpened } from '../answers/analyse-opened.ts';
import { openImage } from '../answers/open-image.ts';
import { modelReference } from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { bodyTooLarge } from '../http/request/read-body.ts';
import { emptyAsProblem } from '../http/request/upload.ts';
import { edgeConverter } from '../runtime/edge/edge-converter.ts';
import { EDGE_LIMITS } from '../runtime/edge/edge-limits.ts';
import type { JobOptions } from '../schemas/request.ts';
import type { Bulk } from './bulk.ts';
import { BulkFailure, orRetry } from './failure.ts';
import { readJobOptions } from './job-options.ts';
import type { ImageMessage } from './messages.ts';
import { imageId, resultKey } from './places.ts';
import { type BucketObjectBody, putOnce } from './platform.ts';
import { imageResult } from './result.ts';

/** What the edge reads beside images. */
const CONVERTER = edgeConverter(EDGE_LIMITS.maxPixels);

/** Of a problem document, which speaks of requests: as long as a request's id may be. */
const ID_LENGTH = 32;

/**
 * Looks at one image and keeps the result, unless it is there already. An image that cannot be
 * looked at has its problem as its result: nothing would come of a retry.
 *
 * @throws BulkFailure, and Error for a defect
 */
export async function predictImage(
  { key, etag, place }: ImageMessage,
  bulk: Bulk,
): Promise<'predicted' | 'refused' | 'there already'> {
  const engine = await orRetry('the model could not be loaded', () => bulk.engine());
  const model = modelReference(engine.model);
  if (place && place.model.sha256 !== model.sha256) {
    const reason = `the job asks for another model than this worker's, which is ${model.version} now: start another job`;
    throw new BulkFailure(reason);
  }
  const image = { key, etag };
  const asked = readJobOptions(place?.query);
  const target = await resultKey(model, image, place?.query);
  const unread = 'the buckets did not answer';
  if (await orRetry(unread, () => bulk.predictions.head(target))) return 'there already';
  const object = await orRetry(unread, () =>
    bulk.images.get(key, { onlyIf: { etagMatches: etag } }),
  );
  if (object === null) {
    throw new BulkFailure('the image was deleted after it was listed', { final: true });
  }
  if (!('body' in object)) {
    const reason = 'the image was replaced after it was listed: start another job';
    throw new BulkFailure(reason, { final: true });
  }
  const found = await analyse(object, engine, asked.options);
  const result = imageResult(
    image,
    found,
    engine.model,
    asked,
    (await imageId(image)).slice(0, ID_LENGTH),
  );
  await orRetry('the result could not be written', () => putOnce(bulk.predictions, target, result));
  return found instanceof ProblemError ? 'refused' : 'predicted';
}

async function analyse(
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
