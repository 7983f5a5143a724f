import type { Bulk } from './bulk.ts';
import type { DeadLetter } from './dead-letter.ts';
import {
  enqueueItems,
  itemCount,
  itemResultKey,
  type Job,
  type JobPage,
  readJob,
  readPage,
} from './job.ts';
import { completeManifest } from './job-status.ts';
import type { SettleMessage } from './messages.ts';
import { itemDeadLetterKey, manifestKey, partKey } from './places.ts';
import { mapFew, putOnce } from './platform.ts';
import { type ItemResult, lesionSource } from './result.ts';
import { jobCsv, type SettledItem, tablePart } from './table-part.ts';

/** Seconds between two looks at a page, at most. */
const LONGEST_WAIT = 900;

/**
 * Makes a page into a part of the table once each of its images has a result or a dead letter; until
 * then, looks again later.
 */
export async function settlePage(message: SettleMessage, bulk: Bulk): Promise<void> {
  const { job: id, page, round } = message;
  const { predictions, jobQueue, settings } = bulk;
  if (await predictions.head(partKey(id, page, 'csv'))) return;
  const job = await readJob(predictions, id);
  const content = await readPage(predictions, id, page);
  if (content === undefined) throw new Error(`there is no page ${page}`);
  if (message.enqueue) await enqueueMissing(job, page, content, bulk);

  const settled = await settledItems(job, page, content, bulk);
  if (settled === undefined) {
    const delaySeconds = Math.min(settings.settleSeconds * 2 ** round, LONGEST_WAIT);
    await jobQueue.send({ ...message, round: round + 1, enqueue: false }, { delaySeconds });
    return;
  }
  const table = jobCsv(job);
  const { csv, ndjson, counts } = tablePart(settled, table);
  await predictions.put(partKey(id, page, 'ndjson'), ndjson, {
    httpMetadata: { contentType: 'application/x-ndjson' },
  });
  // Last, as it says that the page is done.
  await predictions.put(partKey(id, page, 'csv'), csv, {
    httpMetadata: { contentType: 'text/csv' },
    customMetadata: {
      columns: table.columns,
      predicted: String(counts.predicted),
      refused: String(counts.refused),
      dead: String(counts.dead),
    },
  });
  const manifest = await completeManifest(job, predictions);
  if (manifest) await putOnce(predictions, manifestKey(id), manifest);
}

async function enqueueMissing(job: Job, page: number, content: JobPage, bulk: Bulk) {
  const there = await mapFew([...Array(itemCount(content)).keys()], async (index) => {
    const { predictions } = bulk;
    return (
      (await predictions.head(await itemResultKey(job, page, content, index))) ??
      (await predictions.head(itemDeadLetterKey(job.id, page, index)))
    );
  });
  const missing = [...there.keys()].filter((index) => there[index] === null);
  await enqueueItems(bulk, job, page, content, missing);
}

/** @returns undefined where one is missing */
async function settledItems(
  job: Job,
  page: number,
  content: JobPage,
  { predictions }: Bulk,
): Promise<SettledItem[] | undefined> {
  const resolve = async (index: number): Promise<SettledItem | undefined> => {
    const result = await predictions.get(await itemResultKey(job, page, content, index));
    if (result) return result.json<ItemResult>();
    const letter = await predictions.get(itemDeadLetterKey(job.id, page, index));
    if (!letter) return undefined;
    const { message: _, ...dead_letter } = await letter.json<DeadLetter>();
    const lesion = content.lesions?.listed[index];
    return { source: lesion ? lesionSource(lesion) : content.images[index]!, dead_letter };
  };
  // The queue gives them out from the first on: the last one is the likeliest to be missing.
  const last = itemCount(content) - 1;
  if (last >= 0 && (await resolve(last)) === undefined) return undefined;
  const settled = await mapFew([...Array(last + 1).keys()], resolve);
  return settled.every((item) => item !== undefined) ? settled : undefined;
}
