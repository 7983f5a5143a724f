import type { BulkMessage } from './messages.ts';
import { failurePlaces } from './places.ts';
import type { Bucket } from './platform.ts';

/** What is kept of a message that failed. */
export interface DeadLetter {
  readonly reason: string;
  /** Unknown where the worker was ended each time. */
  readonly attempts?: number;
  readonly message: unknown;
}

/** Where the platform ended the worker in the middle, there was nobody to write the reason down. */
const ENDED =
  'the worker was ended each time before it could say why: look in its log for limits of memory or CPU time';

/** Keeps why a message is tried again, for its dead letter if it comes to that. */
export async function keepRetry(
  predictions: Bucket,
  message: BulkMessage,
  reason: string,
  attempts: number,
): Promise<void> {
  const { retry } = await failurePlaces(message);
  await put(predictions, retry, { reason, attempts, message });
}

/** A message that failed before is done. */
export async function forgetRetry(predictions: Bucket, message: BulkMessage): Promise<void> {
  await predictions.delete((await failurePlaces(message)).retry);
}

/** Keeps a message that failed for good. */
export async function keepDeadLetter(
  predictions: Bucket,
  message: BulkMessage,
  failed?: Pick<DeadLetter, 'reason' | 'attempts'>,
): Promise<void> {
  const { retry, deadLetter } = await failurePlaces(message);
  const before = await (await predictions.get(retry))?.json<DeadLetter>();
  await put(predictions, deadLetter, { ...(failed ?? before ?? { reason: ENDED }), message });
  if (before) await predictions.delete(retry);
}

/** Keeps what no message of this worker looks like. */
export async function keepUnknown(predictions: Bucket, id: string, message: unknown) {
  const reason = 'the message is of no kind that this worker knows';
  await put(predictions, `unknown/dead-letters/${id}.json`, { reason, attempts: 1, message });
}

async function put(predictions: Bucket, key: string, letter: DeadLetter): Promise<void> {
  await predictions.put(key, JSON.stringify(letter), {
    httpMetadata: { contentType: 'application/json' },
  });
}
