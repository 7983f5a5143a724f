import type { Bulk } from './bulk.ts';
import { orRetry } from './failure.ts';
import { enqueueImages, type Job, type JobPage, readJob, readPage } from './job.ts';
import type { ImageReference, ListMessage } from './messages.ts';
import { pageKey } from './places.ts';
import { putOnce } from './platform.ts';

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
  await enqueueImages(bulk, job, page, content, [...content.images.keys()]);
  await jobQueue.send(
    { kind: 'settle', job: id, page, round: 0, enqueue: false },
    { delaySeconds: settings.settleSeconds },
  );
  if (!content.last) await jobQueue.send({ kind: 'list', job: id, page: page + 1 });
}

async function pageOnce(job: Job, page: number, { predictions, images, settings }: Bulk) {
  const there = await readPage(predictions, job.id, page);
  if (there !== undefined) return there;
  const before = page === 0 ? undefined : await readPage(predictions, job.id, page - 1);
  if (page > 0 && before === undefined) throw new Error(`there is no page before page ${page}`);
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
  const content: JobPage = { images: listed, last };
  const metadata = { images: String(listed.length), last: String(last) };
  const first = await putOnce(predictions, pageKey(job.id, page), content, metadata);
  // Another delivery of the same message may have been faster, and found other images.
  return first ? content : (await readPage(predictions, job.id, page))!;
}
