import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import type { ServedModel } from '../analysis/engine.ts';
import type { TabledLesion } from '../answers/lesion-table.ts';
import { modelReference } from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import type { ModelReference } from '../schemas/prediction.ts';
import type { Bulk } from './bulk.ts';
import type { ImageReference } from './messages.ts';
import { jobKey, lesionResultKey, pageKey, resultKey } from './places.ts';
import { type Bucket, MOST_MESSAGES, putOnce } from './platform.ts';

/** All images below a prefix, or all lesions of a table, answered about by one model. */
export interface Job {
  readonly id: string;
  readonly prefix: string;
  /** The table of lesions in the bucket of images, as it was. */
  readonly lesions?: ImageReference;
  readonly model: ModelReference;
  /** Of the model, in the order of its outputs; jobs of earlier releases lack them, and have HAM10000's. */
  readonly labels?: readonly string[];
  /** What was asked of each answer, as a query; absent where nothing was. */
  readonly query?: string;
  /** ISO 8601. */
  readonly created: string;
}

/** Images of a job, as they were listed, or lesions of its table: never changed afterwards. */
export interface JobPage {
  readonly images: readonly ImageReference[];
  readonly lesions?: {
    /** How many come before those of this page. */
    readonly from: number;
    readonly listed: readonly TabledLesion[];
  };
  /** No page comes after it. */
  readonly last: boolean;
}

const ID = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

/**
 * Begins a job; its first message must still be sent. Ids sort by their time.
 *
 * @throws ProblemError `not-configured`
 */
export async function createJob(
  { images, predictions }: Pick<Bulk, 'images' | 'predictions'>,
  { prefix, lesions }: Pick<Job, 'prefix' | 'lesions'>,
  model: ServedModel,
  query: string,
): Promise<Job> {
  const created = new Date().toISOString();
  const random = crypto.randomUUID().slice(0, 8);
  const id = `${created.replace(/\.\d+|[-:]/g, '')}-${random}`;
  const job = {
    id,
    prefix,
    ...(lesions && { lesions }),
    model: modelReference(model),
    labels: labelsOf(model.taxonomy),
    ...(query !== '' && { query }),
    created,
  };
  await putOnce(predictions, jobKey(id), job);
  await refuseOneBucket(jobKey(id), images, predictions);
  return job;
}

/**
 * What is written would lie among the images, be listed as such, and could replace one.
 *
 * @param key of what was written just now
 * @throws ProblemError `not-configured` where images and predictions are in one bucket
 */
async function refuseOneBucket(key: string, images: Bucket, predictions: Bucket): Promise<void> {
  try {
    if ((await images.head(key)) === null) return;
  } catch {
    // A bucket that does not answer now is tried again when it is listed.
    return;
  }
  await predictions.delete(key);
  const detail =
    'IMAGES and PREDICTIONS are bound to one bucket, and what is written could replace an image: bind PREDICTIONS to a bucket of its own';
  throw new ProblemError('not-configured', detail);
}

/** @throws ProblemError `no-such-job` */
export async function readJob(predictions: Bucket, id: string): Promise<Job> {
  const object = ID.test(id) ? await predictions.get(jobKey(id)) : null;
  if (object === null) {
    throw new ProblemError('no-such-job', 'there is no such job; GET /jobs lists them');
  }
  return object.json<Job>();
}

/** @returns undefined where the listing has not come so far */
export async function readPage(
  predictions: Bucket,
  job: string,
  page: number,
): Promise<JobPage | undefined> {
  const object = await predictions.get(pageKey(job, page));
  return object?.json<JobPage>();
}

/** How many rows of the table a page becomes. */
export function itemCount({ images, lesions }: JobPage): number {
  return lesions?.listed.length ?? images.length;
}

/** Where the result of an image or lesion of a page is kept: an image's is that of every job that asks the same. */
export async function itemResultKey(
  { id, model, query }: Job,
  page: number,
  { images, lesions }: JobPage,
  index: number,
): Promise<string> {
  return lesions ? lesionResultKey(id, page, index) : resultKey(model, images[index]!, query);
}

/**
 * Puts images or lesions of a page into the queue.
 *
 * @param indexes which of them
 */
export async function enqueueItems(
  { imageQueue }: Bulk,
  job: Job,
  page: number,
  { images, lesions }: JobPage,
  indexes: readonly number[],
): Promise<void> {
  const { version, sha256 } = job.model;
  const { query } = job;
  for (let i = 0; i < indexes.length; i += MOST_MESSAGES) {
    const messages = indexes.slice(i, i + MOST_MESSAGES).map((index) => ({
      body: lesions
        ? { kind: 'lesion' as const, job: job.id, page, index }
        : {
            kind: 'image' as const,
            ...images[index]!,
            place: {
              ...{ job: job.id, page, index, model: { version, sha256 } },
              ...(query !== undefined && { query }),
            },
          },
    }));
    await imageQueue.sendBatch(messages);
  }
}
