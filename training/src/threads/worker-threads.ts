import { existsSync } from 'node:fs';
import { type TransferListItem, Worker } from 'node:worker_threads';

/** Asks a thread to end when it has answered. */
export const STOP = 'stop';

/** What a thread sends: that it has started, then an answer to each request. */
export type FromThread<Reply> = 'ready' | { readonly reply: Reply } | { readonly failure: unknown };

interface Job<Request, Reply> {
  readonly request: Request;
  readonly transfer: readonly TransferListItem[];
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Threads that answer requests, one at a time each, first come, first served. A thread that ends without being asked
 * to takes them all along: what waits for an answer is rejected, and what is asked for later.
 *
 * The server's pool (`api`, `worker-pool.ts`) replaces threads that die or hang, drops what nobody waits for and gives
 * a picture that is alone several cores; a command rather ends with an error. What both have in common is a list of
 * what waits, so each has its own.
 */
export class WorkerThreads<Request, Reply> {
  readonly #name: string;
  readonly #idle: Worker[] = [];
  readonly #jobs = new Map<Worker, Job<Request, Reply>>();
  readonly #waiting: Job<Request, Reply>[] = [];
  #failure: Error | undefined;
  #stopped = false;

  private constructor(name: string) {
    this.#name = name;
  }

  /**
   * Starts threads one after another: sessions that are made at once in several threads have crashed
   * (onnxruntime#24486).
   *
   * @param file the bundle of a `*-worker.ts` that calls `answerRequests`
   * @param count how many
   * @param workerData what each is given
   * @throws Error when one cannot start
   */
  static async start<Request, Reply>(
    file: URL,
    count: number,
    workerData: unknown,
  ): Promise<WorkerThreads<Request, Reply>> {
    const threads = new WorkerThreads<Request, Reply>(file.pathname);
    for (let i = 0; i < count; i++) await threads.#add(file, workerData);
    return threads;
  }

  /**
   * @param transfer what of the request moves to the thread; the rest is copied
   * @throws Error when the answer is a failure, or a thread has ended
   */
  run(request: Request, transfer: readonly TransferListItem[] = []): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.push({ request, transfer, resolve, reject });
      this.#dispatch();
    });
  }

  /** Asks them to end: a thread that is terminated within native code aborts the process. */
  stop(): void {
    this.#stopped = true;
    for (const worker of this.#idle.splice(0)) worker.postMessage(STOP);
  }

  async #add(file: URL, workerData: unknown): Promise<void> {
    const worker = new Worker(file, { workerData });
    const ended = (code: number) => new Error(`${this.#name} ended with code ${code}`);
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', (code) => reject(ended(code)));
    });
    worker.on('message', (message: FromThread<Reply>) => this.#finish(worker, message));
    worker.once('error', (error) => this.#fail(error));
    worker.once('exit', (code) => {
      if (this.#jobs.has(worker) || !this.#stopped) this.#fail(ended(code));
    });
    // Only what is being computed keeps the process.
    worker.unref();
    this.#idle.push(worker);
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const [worker, job] = [this.#idle.pop()!, this.#waiting.shift()!];
      this.#jobs.set(worker, job);
      worker.ref();
      worker.postMessage(job.request, job.transfer);
    }
  }

  #finish(worker: Worker, message: FromThread<Reply>): void {
    const job = this.#jobs.get(worker);
    this.#jobs.delete(worker);
    worker.unref();
    if (this.#stopped) worker.postMessage(STOP);
    else this.#idle.push(worker);
    this.#dispatch();
    if (typeof message === 'string') return;
    if ('reply' in message) job?.resolve(message.reply);
    else job?.reject(message.failure);
  }

  #fail(error: Error): void {
    this.#failure ??= new Error(
      `a thread has ended before it answered (${error.message}); run the command again, with more free memory if the system ended it`,
      { cause: error },
    );
    for (const job of [...this.#jobs.values(), ...this.#waiting.splice(0)]) {
      job.reject(this.#failure);
    }
    this.#jobs.clear();
    this.#idle.length = 0;
  }
}

/**
 * What the build makes of a `*-worker.ts`: beside a command's bundle, or where tests find it.
 *
 * @param name without an ending
 * @throws Error when it was not built
 */
export function workerFile(name: string): URL {
  const places = [`${name}.js`, `../../dist/${name}.js`];
  const files = places.map((place) => new URL(place, import.meta.url));
  const file = files.find((each) => existsSync(each));
  if (!file) throw new Error(`${files[0]?.pathname} is missing: npm run build`);
  return file;
}
