import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { disableTelemetry } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import { sharpState } from './shared-sharp.ts';
import type { ToWorker, WorkerSetup } from './worker-messages.ts';

/**
 * The worker threads of this process. They are asked to end, and never terminated: V8 then refuses
 * calls out of native code, on which onnxruntime's binding aborts the whole process. For the same
 * reason the process must not exit before they have.
 */
export class InferenceWorkers {
  readonly #file: URL;
  readonly #alive = new Set<Worker>();
  readonly #sharpState = sharpState();

  /** @param file `inference-worker.js` */
  constructor(file: URL) {
    disableTelemetry();
    this.#file = file;
  }

  spawn(): Worker {
    const workerData: WorkerSetup = { sharpState: this.#sharpState };
    const worker = new Worker(this.#file, { workerData });
    this.#alive.add(worker);
    worker.once('exit', () => this.#alive.delete(worker));
    return worker;
  }

  /** Waits until every worker has ended by itself, or the time is up. */
  async stopAll(seconds: number): Promise<void> {
    const ended = [...this.#alive].map((worker) => {
      stopWorker(worker);
      return once(worker, 'exit').catch(() => {});
    });
    await Promise.race([Promise.all(ended), delay(seconds * 1000, undefined, { ref: false })]);
  }
}

/** Asks a worker to end once it has nothing to do. */
export function stopWorker(worker: Worker): void {
  const message: ToWorker = { type: 'stop' };
  worker.postMessage(message);
}
