import { edgeLog } from '../runtime/edge/edge-log.ts';

/** One line of JSON a batch, and one a failure: no names of images, and nothing of what is in them. */
export const bulkLog = {
  /** @param outcomes how many messages ended so */
  batch(queue: string, outcomes: Readonly<Record<string, number>>): void {
    console.log(JSON.stringify({ level: 'info', msg: 'batch', queue, outcomes }));
  },
  failure(messageId: string, error: unknown): void {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    edgeLog.defect(messageId, cause);
  },
};
