import type { Analysis, Engine } from '../analysis/engine.ts';
import { tooManyPhotos } from '../answers/lesion-table.ts';
import { ProblemError } from '../answers/problem-error.ts';
import type { JobOptions } from '../schemas/request.ts';
import { analyseObject, engineFor } from './analyse-object.ts';
import type { Bulk } from './bulk.ts';
import { orRetry } from './failure.ts';
import { readJob, readPage } from './job.ts';
import { readJobOptions } from './job-options.ts';
import type { LesionMessage } from './messages.ts';
import { lesionResultKey } from './places.ts';
import { putOnce } from './platform.ts';
import { lesionResult } from './result.ts';

/**
 * Answers about a lesion of a job and keeps the result, unless it is there already. A photo that cannot be read is an
 * error in its place.
 *
 * @throws BulkFailure, and Error for a defect
 */
export async function predictLesion(
  { job: id, page, index }: LesionMessage,
  bulk: Bulk,
): Promise<'predicted' | 'refused' | 'there already'> {
  const { predictions } = bulk;
  const unread = 'the buckets did not answer';
  const target = lesionResultKey(id, page, index);
  if (await orRetry(unread, () => predictions.head(target))) return 'there already';
  const job = await orRetry(unread, () => readJob(predictions, id));
  const content = await orRetry(unread, () => readPage(predictions, id, page));
  const lesion = content?.lesions?.listed[index];
  if (lesion === undefined) throw new Error(`page ${page} has no lesion ${index}`);
  const engine = await engineFor(bulk, job.model);
  const asked = readJobOptions(job.query, engine.model);
  const photos: (Analysis | ProblemError)[] = [];
  // One after another, so that a single image has its pixels in memory.
  for (const key of tooManyPhotos(lesion) ? [] : lesion.images) {
    photos.push(await analysePhoto(key, engine, asked.options, bulk));
  }
  const result = lesionResult(lesion, photos, engine.model, asked, `${id}-${page}-${index}`);
  await orRetry('the result could not be written', () => putOnce(predictions, target, result));
  return 'error' in result ? 'refused' : 'predicted';
}

async function analysePhoto(
  key: string,
  engine: Engine,
  options: JobOptions,
  { images }: Bulk,
): Promise<Analysis | ProblemError> {
  const object = await orRetry('the buckets did not answer', () => images.get(key));
  if (object === null) return new ProblemError('bad-request', 'the bucket has no such image');
  return analyseObject(object, engine, options);
}
