import { type TransferListItem, Worker } from 'node:worker_threads';
import { ProblemError } from '../../../answers/problem-error.ts';

export interface RequestThreadOptions<Reply, Result> {
  /** The bundle of the thread: it answers each message with one that has the same `id`. */
  readonly file: URL;
  /** What a reply says; what this throws is the failure of its request. */
  readonly read: (reply: Reply) => Result;
  /** What became of a request whose thread died, and what to do. */
  readonly lostDetail: string;
  /** Told when the thread died; what it had to answer is answered with 503. */
  readonly onLost: (reason: string) => void;
  /** With nothing to do for this long the thread ends, and its memory with it; without it, it stays. */
  readonly idleMs?: number;
}

interface Pending<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (failure: unknown) => void;
}

/**
 * Asks a thread of its own, which is made when it is first needed and answers one request after another: others are
 * served meanwhile.
 *
 * @returns a function that rejects with the failure of the request, or with ProblemError `interrupted` where its thread
 *   died
 */
export function requestThread<
  Request extends object,
  Reply extends { readonly id: number },
  Result,
>(
  options: RequestThreadOptions<Reply, Result>,
): (request: Request, transfer?: readonly TransferListItem[]) => Promise<Result> {
  const { file, read, lostDetail, onLost, idleMs } = options;
  const pending = new Map<number, Pending<Result>>();
  let worker: Worker | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let lastId = 0;

  function start(): Worker {
    const made = new Worker(file);
    const lost = (reason: string): void => {
      if (worker !== made) return;
      worker = undefined;
      for (const { reject } of pending.values()) {
        reject(new ProblemError('interrupted', lostDetail, { headers: { 'Retry-After': '1' } }));
      }
      pending.clear();
      onLost(reason);
    };
    made.on('message', (reply: Reply) => {
      const { resolve, reject } = pending.get(reply.id)!;
      pending.delete(reply.id);
      try {
        resolve(read(reply));
      } catch (failure) {
        reject(failure);
      }
      if (idleMs !== undefined && pending.size === 0) idle = setTimeout(end, idleMs).unref();
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

  return (request, transfer = []) => {
    clearTimeout(idle);
    worker ??= start();
    const id = ++lastId;
    const result = new Promise<Result>((resolve, reject) => {
      pending.set(id, { resolve, reject });
    });
    worker.postMessage({ ...request, id }, transfer);
    return result;
  };
}
