import { webCryptoSha256 } from '@naevus/shared/model/verify';
import type { ModelReference } from '../schemas/prediction.ts';
import type { BulkMessage, ImageReference } from './messages.ts';

// Where things lie in the bucket of predictions.

/** Names sort as their numbers do. */
const digits = (number: number): string => String(number).padStart(6, '0');

/** The same for the same file under the same key, for every caller. */
export async function imageId({ key, etag }: ImageReference): Promise<string> {
  return webCryptoSha256(new TextEncoder().encode(JSON.stringify([key, etag])));
}

/**
 * What one model says of one image: the same for every job that asks the same, so that nothing is computed twice.
 *
 * @param query what is asked of each answer; empty where nothing is
 */
export async function resultKey(
  { version, sha256 }: Pick<ModelReference, 'version' | 'sha256'>,
  image: ImageReference,
  query = '',
): Promise<string> {
  const asked = query === '' ? '' : `-${query.replaceAll('&', '-')}`;
  return `results/${version}-${sha256.slice(0, 16)}${asked}/${await imageId(image)}.json`;
}

export const JOBS = 'jobs/';
export const jobKey = (job: string): string => `${JOBS}${job}/job.json`;
export const manifestKey = (job: string): string => `${JOBS}${job}/manifest.json`;
export const pagesPrefix = (job: string): string => `${JOBS}${job}/pages/`;
export const pageKey = (job: string, page: number): string =>
  `${pagesPrefix(job)}${digits(page)}.json`;

export type TableFormat = 'csv' | 'ndjson';
export const partsPrefix = (job: string, format: TableFormat): string => `${JOBS}${job}/${format}/`;
export const partKey = (job: string, page: number, format: TableFormat): string =>
  `${partsPrefix(job, format)}${digits(page)}.${format}`;

/** Of pages and listings that failed for good; those of images begin with a digit. */
export const stoppedPrefixes = (job: string): readonly string[] =>
  ['list-', 'settle-'].map((name) => `${JOBS}${job}/dead-letters/${name}`);

const placeName = (page: number, index: number): string => `${digits(page)}-${digits(index)}`;
/** Of an image or a lesion. */
export const itemDeadLetterKey = (job: string, page: number, index: number): string =>
  `${JOBS}${job}/dead-letters/${placeName(page, index)}.json`;
export const lesionResultKey = (job: string, page: number, index: number): string =>
  `${JOBS}${job}/lesions/${placeName(page, index)}.json`;

/** Where it is kept that a message failed: for now, or for good. */
export interface FailurePlaces {
  readonly retry: string;
  readonly deadLetter: string;
}

/** The places of a message's failure. */
export async function failurePlaces(message: BulkMessage): Promise<FailurePlaces> {
  const { folder, name } = await failureName(message);
  return {
    retry: `${folder}/retries/${name}.json`,
    deadLetter: `${folder}/dead-letters/${name}.json`,
  };
}

async function failureName(message: BulkMessage): Promise<{ folder: string; name: string }> {
  switch (message.kind) {
    case 'list':
    case 'settle':
      return { folder: JOBS + message.job, name: `${message.kind}-${digits(message.page)}` };
    case 'lesion':
      return { folder: JOBS + message.job, name: placeName(message.page, message.index) };
    case 'image': {
      if (message.place === undefined) return { folder: 'uploads', name: await imageId(message) };
      const { job, page, index } = message.place;
      return { folder: JOBS + job, name: placeName(page, index) };
    }
  }
}
