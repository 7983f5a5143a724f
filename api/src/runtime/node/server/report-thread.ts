import { Worker } from 'node:worker_threads';
import { ProblemError } from '../../../answers/problem-error.ts';
import type { ReportContent } from '../../../answers/report-content.ts';
import type { ReportReply, ReportRequest } from './report-messages.ts';

/** With nothing to do for this long, the thread ends, and its memory with it. */
const IDLE_MS = 10_000;

interface Pending {
  readonly resolve: (pdf: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes reports one after another on a thread of its own, which is made when it is first needed: one costs some 70 ms,
 * in which no other request would be answered.
 *
 * @param file `report-worker.js`
 * @param onLost told when the thread died; its reports are answered with 503
 */
export function reportThread(
  file: URL,
  onLost: (reason: string) => void,
): (content: ReportContent) => Promise<Uint8Array<ArrayBuffer>> {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let lastId = 0;

  function start(): Worker {
    const made = new Worker(file);
    const lost = (reason: string): void => {
      if (worker !== made) return;
      worker = undefined;
      for (const { reject } of pending.values()) reject(interrupted());
      pending.clear();
      onLost(reason);
    };
    made.on('message', (reply: ReportReply) => {
      const { resolve, reject } = pending.get(reply.id)!;
      pending.delete(reply.id);
      if ('pdf' in reply) resolve(reply.pdf);
      else reject(new Error(reply.defect));
      if (pending.size === 0) idle = setTimeout(end, IDLE_MS).unref();
    });
    made.once('error', (error) => lost(error.message));
    made.once('exit', (code) => lost(`ended with code ${code}`));
    // It has no native code, and need not be waited for at the end.
    made.unref();
    return made;
  }

  function end(): void {
    const ended = worker;
    worker = undefined;
    void ended?.terminate();
  }

  return (content) => {
    clearTimeout(idle);
    worker ??= start();
    const request: ReportRequest = { id: ++lastId, content };
    const result = new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      pending.set(request.id, { resolve, reject });
    });
    worker.postMessage(request);
    return result;
  };
}

function interrupted(): ProblemError {
  return new ProblemError('interrupted', 'the report was not made; send the photos again', {
    headers: { 'Retry-After': '1' },
  });
}
