import type { ReportContent } from '../../../answers/report-content.ts';
import { requestThread } from './request-thread.ts';

/** To the thread that makes reports. */
export interface ReportRequest {
  readonly id: number;
  readonly content: ReportContent;
}

/** Back from it. */
export type ReportReply =
  | { readonly id: number; readonly pdf: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly defect: string };

const IDLE_MS = 10_000;

/**
 * Makes reports one after another on a thread of its own, which ends when it has had nothing to do for a while: one
 * costs some 70 ms, in which no other request would be answered.
 *
 * @param file `report-worker.js`
 * @param onLost told when the thread died; its reports are answered with 503
 */
export function reportThread(
  file: URL,
  onLost: (reason: string) => void,
): (content: ReportContent) => Promise<Uint8Array<ArrayBuffer>> {
  const ask = requestThread<Omit<ReportRequest, 'id'>, ReportReply, Uint8Array<ArrayBuffer>>({
    file,
    read(reply) {
      if ('pdf' in reply) return reply.pdf;
      throw new Error(reply.defect);
    },
    lostDetail: 'the report was not made; send the photos again',
    onLost,
    idleMs: IDLE_MS,
  });
  return (content) => ask({ content });
}
