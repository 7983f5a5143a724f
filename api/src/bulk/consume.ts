import type * as z from 'zod';
import type { Bulk } from './bulk.ts';
import { bulkLog } from './bulk-log.ts';
import { forgetRetry, keepDeadLetter, keepRetry, keepUnknown } from './dead-letter.ts';
import { BulkFailure } from './failure.ts';
import { listPage } from './list-page.ts';
import { type BulkMessage, messageSchema } from './messages.ts';
import { lesionResultKey, resultKey } from './places.ts';
import type { Bucket, DeliveredBatch, Delivery } from './platform.ts';
import { predictImage } from './predict-image.ts';
import { predictLesion } from './predict-lesion.ts';
import { settlePage } from './settle-page.ts';

/** How the name of the queue of dead letters ends. */
const DEAD_LETTERS = '-dead-letters';

/** Seconds that a message waits before a retry, at most. */
const LONGEST_WAIT = 3600;

/**
 * Does what a batch of messages asks for, one after another: a single image at a time has its pixels
 * in memory. Each message is acknowledged on its own, so that one that fails does not repeat the others.
 */
export async function consume(batch: DeliveredBatch, bulk: Bulk): Promise<void> {
  const outcomes: Record<string, number> = {};
  const buries = batch.queue.endsWith(DEAD_LETTERS);
  for (const delivery of batch.messages) {
    const outcome = await (buries ? bury(delivery, bulk) : work(delivery, bulk));
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  bulkLog.batch(batch.queue, outcomes);
}

async function work(delivery: Delivery, bulk: Bulk): Promise<string> {
  const { id, attempts, body } = delivery;
  const { predictions } = bulk;
  const { data: message } = messageSchema.safeParse(body);
  try {
    if (message === undefined || message.kind === 'nothing') {
      if (message === undefined) await keepUnknown(predictions, id, body);
      delivery.ack();
      return message === undefined ? 'unknown' : 'ignored';
    }
    const outcome = await handle(message, bulk);
    if (attempts > 1) await forgetRetry(predictions, message);
    delivery.ack();
    return outcome;
  } catch (error) {
    bulkLog.failure(id, error);
    const done = await keepFailure(delivery, message, error, predictions).catch((error) => {
      bulkLog.failure(id, error);
      return false;
    });
    if (done) {
      delivery.ack();
      return 'dead';
    }
    const wait = bulk.settings.retrySeconds * 2 ** (attempts - 1);
    delivery.retry({ delaySeconds: Math.min(wait, LONGEST_WAIT) });
    return 'to be retried';
  }
}

/** @returns whether the message needs no retry, as it is kept as a dead letter */
async function keepFailure(
  { id, attempts }: Delivery,
  message: z.infer<typeof messageSchema> | undefined,
  error: unknown,
  predictions: Bucket,
): Promise<boolean> {
  if (message === undefined || message.kind === 'nothing') return false;
  const known = error instanceof BulkFailure;
  const reason = known ? error.message : `a defect of the worker; its log has it under ${id}`;
  const final = known && error.final;
  if (final) await keepDeadLetter(predictions, message, { reason, attempts });
  else await keepRetry(predictions, message, reason, attempts);
  return final;
}

async function handle(message: BulkMessage, bulk: Bulk): Promise<string> {
  switch (message.kind) {
    case 'image':
      return predictImage(message, bulk);
    case 'lesion':
      return predictLesion(message, bulk);
    case 'list':
      await listPage(message, bulk);
      return 'listed';
    case 'settle':
      await settlePage(message, bulk);
      return 'looked after';
  }
}

/** Keeps a message that the platform has given up on, as an object with the reason. */
async function bury(delivery: Delivery, bulk: Bulk): Promise<string> {
  const { predictions } = bulk;
  try {
    const { data: message } = messageSchema.safeParse(delivery.body);
    if (message === undefined || message.kind === 'nothing') {
      await keepUnknown(predictions, delivery.id, delivery.body);
    } else if (!(await isDone(message, bulk))) {
      await keepDeadLetter(predictions, message);
    }
    delivery.ack();
    return 'dead';
  } catch (error) {
    bulkLog.failure(delivery.id, error);
    delivery.retry({ delaySeconds: Math.min(bulk.settings.retrySeconds * 10, LONGEST_WAIT) });
    return 'to be retried';
  }
}

/** Whether another delivery of it came through. */
async function isDone(message: BulkMessage, { predictions }: Bulk): Promise<boolean> {
  if (message.kind === 'lesion') {
    const { job, page, index } = message;
    return (await predictions.head(lesionResultKey(job, page, index))) !== null;
  }
  if (message.kind !== 'image' || message.place === undefined) return false;
  return (
    (await predictions.head(await resultKey(message.place.model, message, message.place.query))) !==
    null
  );
}
