import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { disableTelemetry } from '@naevus/shared/onnxruntime/load-onnx-runtime';

/** `workerData` of each worker. */
export interface NetworkWorkerSetup {
  /** An ONNX file. */
  readonly model: Uint8Array;
}

/** One picture at a time. */
export type ToNetworkWorker =
  | { readonly rgb: Uint8Array; readonly outputs: readonly string[] }
  | 'stop';

export type FromNetworkWorker =
  | 'ready'
  | { readonly values: readonly Float32Array[] }
  | { readonly reason: string };

/** Each holds a session of some 75 MB. */
const MOST_WORKERS = 8;

/** How many pictures are computed at once. */
export const NETWORK_WORKERS = Math.min(availableParallelism(), MOST_WORKERS);

interface Job {
  readonly message: Exclude<ToNetworkWorker, 'stop'>;
  readonly resolve: (values: readonly Float32Array[]) => void;
  readonly reject: (error: Error) => void;
}

/** Threads that each run a network on one picture at a time, on one core, so that figures do not depend on their number. */
export class NetworkWorkers {
  readonly #idle: Worker[] = [];
  readonly #jobs = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];
  #failure: Error | undefined;

  /**
   * Sessions are made one after another: made at once in several threads they have crashed (onnxruntime#24486).
   *
   * @param model an ONNX file
   * @throws Error when the network cannot be loaded
   */
  static async start(model: Uint8Array): Promise<NetworkWorkers> {
    disableTelemetry();
    const workers = new NetworkWorkers();
    for (let i = 0; i < NETWORK_WORKERS; i++) await workers.#add(model);
    return workers;
  }

  /**
   * @param rgb 224 * 224 * 3 bytes; copied
   * @returns the values of each output
   * @throws Error when the network fails
   */
  run(rgb: Uint8Array, outputs: readonly string[]): Promise<readonly Float32Array[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.push({ message: { rgb, outputs }, resolve, reject });
      this.#dispatch();
    });
  }

  /** Asks them to end: a thread that is terminated within native code aborts the process. */
  async stop(): Promise<void> {
    for (const worker of this.#idle.splice(0)) worker.postMessage('stop' satisfies ToNetworkWorker);
  }

  async #add(model: Uint8Array): Promise<void> {
    const setup: NetworkWorkerSetup = { model };
    const worker = new Worker(workerFile(), { workerData: setup });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    });
    worker.on('message', (message: FromNetworkWorker) => this.#finish(worker, message));
    worker.once('error', (error) => this.#fail(error));
    // Only what is being computed keeps the process.
    worker.unref();
    this.#idle.push(worker);
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const [worker, job] = [this.#idle.pop()!, this.#waiting.shift()!];
      this.#jobs.set(worker, job);
      worker.ref();
      worker.postMessage(job.message satisfies ToNetworkWorker);
    }
  }

  #finish(worker: Worker, message: FromNetworkWorker): void {
    const job = this.#jobs.get(worker);
    this.#jobs.delete(worker);
    worker.unref();
    this.#idle.push(worker);
    this.#dispatch();
    if (typeof message === 'string') return;
    if ('values' in message) job?.resolve(message.values);
    else job?.reject(new Error(message.reason));
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const job of [...this.#jobs.values(), ...this.#waiting.splice(0)]) job.reject(error);
  }
}

/** Threads run what the build makes of `network-worker.ts`: beside a command's bundle, or where tests find it. */
function workerFile(): URL {
  const places = ['network-worker.js', '../../../dist/network-worker.js'];
  const files = places.map((place) => new URL(place, import.meta.url));
  const file = files.find((each) => existsSync(each));
  if (!file) throw new Error(`${files[0]?.pathname} is missing: npm run build`);
  return file;
}
