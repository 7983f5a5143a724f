import type { Job } from './job.ts';
import { pagesPrefix, partsPrefix, stoppedPrefixes } from './places.ts';
import { type Bucket, listAll } from './platform.ts';

/** How far a job has come. Counts are of pages that are done; `open` are the images of the others. */
export interface JobStatus {
  readonly job: Job;
  /** `stopped`: something failed for good; see `stopped`, and resume it. */
  readonly state: 'listing' | 'working' | 'stopped' | 'complete';
  /** listed = predicted + refused + dead + open */
  readonly images: {
    readonly listed: number;
    readonly predicted: number;
    readonly refused: number;
    readonly dead: number;
    readonly open: number;
  };
  readonly pages: { readonly listed: number; readonly done: number };
  /** Keys of the dead letters of listings and pages. */
  readonly stopped: readonly string[];
}

export interface JobProgress {
  /** Numbers of pages that are no part of the table yet. */
  readonly openPages: readonly number[];
  /** No more pages will be listed. */
  readonly listedAll: boolean;
  readonly status: JobStatus;
  readonly backend: readonly {
    readonly key: string;
    readonly etag: string;
    readonly size: number;
  }[];
}

export async function jobProgress(job: Job, predictions: Bucket): Promise<JobProgress> {
  const backend: { key: string; etag: string; size: number }[] = [];
  const images = { listed: 0, predicted: 0, refused: 0, dead: 0, open: 0 };
  const done = new Set<number>();
  for await (const { key, etag, size, customMetadata } of listAll(
    predictions,
    partsPrefix(job.id, 'csv'),
  )) {
    backend.push({ key, etag, size });
    done.add(pageNumber(key));
    for (const name of ['predicted', 'refused', 'dead'] as const) {
      images[name] += Number(customMetadata?.[name]);
    }
  }
  const openPages: number[] = [];
  let pages = 0;
  let listedAll = false;
  // After the parts: no part is without its page then.
  for await (const { key, customMetadata } of listAll(predictions, pagesPrefix(job.id))) {
    pages++;
    images.listed += Number(customMetadata?.images);
    listedAll = customMetadata?.last === 'true';
    if (done.has(pageNumber(key))) continue;
    openPages.push(pageNumber(key));
    images.open += Number(customMetadata?.images);
  }
  const stopped: string[] = [];
  const complete = listedAll && openPages.length === 0;
  if (!complete) {
    for (const prefix of stoppedPrefixes(job.id)) {
      for await (const { key } of listAll(predictions, prefix)) stopped.push(key);
    }
  }
  const going = stopped.length > 0 ? 'stopped' : listedAll ? 'working' : 'listing';
  const status: JobStatus = {
    job,
    state: complete ? 'complete' : going,
    images,
    pages: { listed: pages, done: done.size },
    stopped,
  };
  return { openPages, listedAll, status, backend: backend };
}

/** @returns undefined where the job is not complete */
export async function completeManifest(job: Job, predictions: Bucket): Promise<object | undefined> {
  const { status, backend } = await jobProgress(job, predictions);
  return status.state === 'complete' ? { ...status, parts: backend } : undefined;
}

function pageNumber(key: string): number {
  return Number(/(\d+)\.\w+$/.exec(key)![1]);
}
