import { parentPort, type TransferListItem } from 'node:worker_threads';
import { type FromThread, STOP } from './worker-threads.ts';

/** An answer, and what of it moves to the thread that asked; the rest is copied. */
export interface Answered<Reply> {
  readonly reply: Reply;
  readonly transfer?: readonly TransferListItem[];
}

/**
 * The thread's side of {@link WorkerThreads}: says that it has started, and answers until it is asked to stop.
 *
 * @param answer what it throws is the request's failure, and the thread goes on
 * @param release called before the thread ends
 */
export function answerRequests<Request, Reply>(
  answer: (request: Request) => Answered<Reply> | Promise<Answered<Reply>>,
  release: () => void | Promise<void> = () => {},
): void {
  const port = parentPort!;
  const send = (message: FromThread<Reply>, transfer?: readonly TransferListItem[]): void =>
    port.postMessage(message, transfer);
  port.on('message', async (message: Request | typeof STOP) => {
    if (message === STOP) {
      await release();
      port.close();
      return;
    }
    try {
      const { reply, transfer } = await answer(message as Request);
      send({ reply }, transfer);
    } catch (failure) {
      send({ failure });
    }
  });
  send('ready');
}
