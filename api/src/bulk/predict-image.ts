import { modelReference } from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { analyseObject, engineFor } from './analyse-object.ts';
import type { Bulk } from './bulk.ts';
import { BulkFailure, orRetry } from './failure.ts';
import { readJobOptions } from './job-options.ts';
import type { ImageMessage } from './messages.ts';
import { imageId, resultKey } from './places.ts';
import { putOnce } from './platform.ts';
import { imageResult } from './result.ts';

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
  const engine = await engineFor(bulk, place?.model);
  const model = modelReference(engine.model);
  const image = { key, etag };
  const asked = readJobOptions(place?.query, engine.model);
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
  const found = await analyseObject(object, engine, asked.options);
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
