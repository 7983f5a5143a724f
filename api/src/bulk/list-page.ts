import type { Bulk } from './bulk.ts';
import { orRetry } from './failure.ts';
import { enqueueItems, itemCount, type Job, type JobPage, readJob, readPage } from './job.ts';
import type { ImageReference, ListMessage } from './messages.ts';
import { pageKey } from './places.ts';
import { putOnce } from './platform.ts';
import { readJobLesions } from './read-job-lesions.ts';

/**
 * Lists one page of a job, puts its images into the queue, and asks for the next page: no invocation
 * has to walk through the whole bucket. A page is listed once and then stays as it is, so that doing
 * this twice does no harm.
 */
export async function listPage({ job: id, page }: ListMessage, bulk: Bulk): Promise<void> {
  const { predictions, jobQueue, settings } = bulk;
  // What asks for the next page is sent after everything else of this one.
  if (await predictions.head(pageKey(id, page + 1))) return;
  const job = await readJob(predictions, id);
  const content = await pageOnce(job, page, bulk);
  await enqueueItems(bulk, job, page, content, [...Array(itemCount(content)).keys()]);
  await jobQueue.send(
    { kind: 'settle', job: id, page, round: 0, enqueue: false },
    { delaySeconds: settings.settleSeconds },
  );
  if (!content.last) await jobQueue.send({ kind: 'list', job: id, page: page + 1 });
}

async function pageOnce(job: Job, page: number, bulk: Bulk) {
  const { predictions } = bulk;
  const there = await readPage(predictions, job.id, page);
  if (there !== undefined) return there;
  const before = page === 0 ? undefined : await readPage(predictions, job.id, page - 1);
  if (page > 0 && before === undefined) throw new Error(`there is no page before page ${page}`);
  const content = job.lesions
    ? await lesionPage(job.lesions, before, bulk)
    : await imagePage(job, before, bulk);
  const metadata = { images: String(itemCount(content)), last: String(content.last) };
  const first = await putOnce(predictions, pageKey(job.id, page), content, metadata);
  // Another delivery of the same message may have been faster, and found other images.
  return first ? content : (await readPage(predictions, job.id, page))!;
}

async function lesionPage(
  table: ImageReference,
  before: JobPage | undefined,
  bulk: Bulk,
): Promise<JobPage> {
  const all = await readJobLesions(table, bulk);
  const from = before?.lesions ? before.lesions.from + before.lesions.listed.length : 0;
  const listed = all.slice(from, from + bulk.settings.pageImages);
  return { images: [], lesions: { from, listed }, last: from + listed.length >= all.length };
}

async function imagePage(
  job: Job,
  before: JobPage | undefined,
  { images, settings }: Bulk,
): Promise<JobPage> {
  const listed: ImageReference[] = [];
  let startAfter = before?.images.at(-1)?.key;
  let last = false;
  while (!last && listed.length < settings.pageImages) {
    const options = {
      prefix: job.prefix,
      limit: settings.pageImages - listed.length,
      ...(startAfter !== undefined && { startAfter }),
    };
    const found = await orRetry('the bucket could not be listed', () => images.list(options));
    listed.push(...found.objects.map(({ key, etag }) => ({ key, etag })));
    startAfter = listed.at(-1)?.key;
    last = !found.truncated;
  }
  return { images: listed, last };
}
