import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { EngineError, type Outcome } from '../../../analysis/engine.ts';
import { stopWorker } from './inference-workers.ts';
import type { SharedGraph } from './shared-graph.ts';
import type { AnalyseTask, FromWorker, ToWorker } from './worker-messages.ts';

export interface WorkerPoolOptions {
  /** Threads, each with a session of its own. */
  readonly size: number;
  /**
   * Threads that one worker computes with while nothing else waits or is computed; 1 for none. The session
   * for it is loaded beside the narrow one once all workers are there.
   */
  readonly wideThreads: number;
  readonly spawn: () => Worker;
  /** Sent to each worker first. */
  readonly load: Extract<ToWorker, { type: 'load' }>;
  /** A worker that computes longer on one task is taken for hung, and replaced. */
  readonly maxTaskMs: number;
  /** Milliseconds that tasks wait for a worker where none is left; 5 s by default. */
  readonly recoveryMs?: number;
  /** A worker died or could not be made; the pool carries on without it, and tries again. */
  readonly onWorkerLost: (reason: string) => void;
  /** No worker could make a session of several threads; images are computed on one. */
  readonly onNotWide?: (reason: string) => void;
  /** Sessions cannot share one graph: each has weights of its own. */
  readonly onNotShared?: (reason: string) => void;
  /** WebAssembly stands in for a native module in a worker. */
  readonly onMissing?: (module: string) => void;
  /** How long a task waited before a worker took it. */
  readonly onTaken?: (waitedMs: number) => void;
}

interface Job {
  readonly task: AnalyseTask;
  readonly queuedAt: number;
  readonly onTaken: ((wide: boolean) => void) | undefined;
  readonly resolve: (result: Outcome | EngineError) => void;
}

type Loaded = Extract<FromWorker, { type: 'loaded' }>;

interface Member {
  readonly worker: Worker;
  job: Job | undefined;
  watchdog: ReturnType<typeof setTimeout> | undefined;
  /** Whether it has a session of several threads; it takes no image while it makes it. */
  wide: boolean | 'soon';
  /** It wrote the graph that is shared, which is gone with it for those that have not mapped it. */
  readonly shares: boolean;
}

const LONGEST_BACKOFF_MS = 30_000;

/** How long what waits may wait for a worker in place of the last one. */
const RECOVERY_MS = 5000;

/** A worker that takes longer to load a model is taken for hung. */
const LOAD_MS = 120_000;

const INTERRUPTED = {
  kind: 'interrupted',
  detail: 'the computation was interrupted; send the image again',
} as const;

/** With fewer, to write the graph costs more than is saved. */
const SESSIONS_TO_SHARE = 3;

/** Before the other workers are made: the first image has the cores to itself. */
const HEAD_START_MS = 200;

/**
 * Worker threads that analyse images, first come, first served.
 *
 * Own code where a general pool would do, for three things that those do not have: sessions are
 * made one after another (made at once in several threads they have crashed, onnxruntime#24486),
 * an aborted task is dropped while it waits but finished once it runs, and a worker that dies at
 * its start is tried again rather than given up.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #waiting: Job[] = [];
  readonly #members = new Set<Member>();
  readonly #idleWaiters: (() => void)[] = [];
  /** Written by a worker for the sessions that are made later. */
  #graph: SharedGraph | undefined;
  #sharing: boolean;
  #running = 0;
  #filling = false;
  #lost = false;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { size, wideThreads, load } = options;
    const sessions = size + (wideThreads > 1 ? 1 : 0);
    this.#sharing = load.engine !== 'wasm' && sessions >= SESSIONS_TO_SHARE;
  }

  /** Tasks that wait for a worker. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Workers that have loaded the model. */
  get workers(): number {
    return this.#members.size;
  }

  /** Tasks that are being computed. */
  get running(): number {
    return this.#running;
  }

  /** No worker is left, and the last attempt to make one failed. */
  get broken(): boolean {
    return this.#lost && this.#members.size === 0;
  }

  /**
   * Makes the first worker, then the others in the background.
   *
   * @param first a worker that was spawned already
   * @throws Error with the reason, when the first worker cannot load the model
   */
  async start(first: Worker = this.#options.spawn()): Promise<void> {
    await this.#addMember(first);
    setTimeout(() => void this.#fill(), HEAD_START_MS).unref();
  }

  /**
   * Runs a task; its image's memory moves to the worker.
   *
   * @param signal when it fires, a task that waits is dropped, one that runs is no longer waited for
   * @param onTaken called when a worker takes it, with whether it computes on several threads
   * @throws EngineError `timeout` or `unavailable`
   */
  run(task: AnalyseTask, signal: AbortSignal, onTaken?: (wide: boolean) => void): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const place = this.#waiting.indexOf(job);
        if (place >= 0) this.#waiting.splice(place, 1);
        this.#tellIfIdle();
        job.resolve(new EngineError({ kind: 'timeout' }));
      };
      const job: Job = {
        task,
        queuedAt: performance.now(),
        onTaken,
        resolve(result) {
          signal.removeEventListener('abort', onAbort);
          if (result instanceof EngineError) reject(result);
          else resolve(result);
        },
      };
      if (this.#closed) return job.resolve(new EngineError({ kind: 'unavailable' }));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(job);
      this.#dispatch();
    });
  }

  /** Waits until nothing waits and nothing is computed. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.#tellIfIdle();
    });
  }

  /** Takes nothing more; what waits or runs fails with `unavailable`, and the workers are asked to end. */
  close(): void {
    this.#closed = true;
    const unavailable = new EngineError({ kind: 'unavailable' });
    for (const job of this.#waiting.splice(0)) job.resolve(unavailable);
    for (const member of this.#members) {
      this.#finish(member, unavailable);
      stopWorker(member.worker);
    }
    this.#members.clear();
    this.#tellIfIdle();
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const alone = this.#waiting.length === 1 && this.#running === 0;
      const wideMember = alone ? this.#freeMember(true) : undefined;
      const member = wideMember ?? this.#freeMember();
      if (!member) return;
      const job = this.#waiting.shift()!;
      member.job = job;
      this.#running++;
      const wide = member === wideMember;
      job.onTaken?.(wide);
      this.#options.onTaken?.(performance.now() - job.queuedAt);
      member.watchdog = setTimeout(() => this.#giveUpOn(member), this.#options.maxTaskMs);
      const message: ToWorker = { type: 'analyse', wide, ...job.task };
      member.worker.postMessage(message, [job.task.image.bytes.buffer]);
    }
  }

  /** @param wide only one with a session of several threads */
  #freeMember(wide = false): Member | undefined {
    for (const member of this.#members) {
      if (member.job || member.wide === 'soon' || (wide && !member.wide)) continue;
      return member;
    }
    return undefined;
  }

  /** Settles what the worker was computing, if it was. */
  #finish(member: Member, result: Outcome | EngineError): void {
    clearTimeout(member.watchdog);
    const { job } = member;
    if (job === undefined) return;
    member.job = undefined;
    this.#running--;
    job.resolve(result);
    this.#tellIfIdle();
  }

  #tellIfIdle(): void {
    if (this.#waiting.length > 0 || this.#running > 0) return;
    for (const tell of this.#idleWaiters.splice(0)) tell();
  }

  async #addMember(worker: Worker): Promise<void> {
    const load = this.#loadMessage();
    const loaded = await new Promise<Loaded>((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error instanceof Error ? error : new Error(`it ended with code ${error}`));
      };
      worker.once('error', fail);
      worker.once('exit', fail);
      const late = setTimeout(
        () => fail(new Error(`took longer than ${LOAD_MS} ms to load the model`)),
        LOAD_MS,
      ).unref();
      const onMessage = (message: FromWorker): void => {
        if (message.type === 'missing') {
          this.#options.onMissing?.(message.module);
          return;
        }
        clearTimeout(late);
        worker.removeListener('message', onMessage);
        worker.removeListener('error', fail);
        worker.removeListener('exit', fail);
        if (message.type === 'loaded') resolve(message);
        else reject(new Error(message.type === 'load-failed' ? message.reason : 'out of turn'));
      };
      worker.on('message', onMessage);
      worker.postMessage(load);
    }).catch((error) => {
      stopWorker(worker);
      // The next one makes another, or none.
      this.#graph = undefined;
      if (load.share) this.#stopSharing(String(error));
      throw error;
    });
    if (loaded.graph) this.#graph = loaded.graph;
    if (loaded.notShared !== undefined) this.#stopSharing(loaded.notShared);
    if (this.#closed) {
      stopWorker(worker);
      return;
    }
    const shares = loaded.graph !== undefined;
    const member: Member = { worker, job: undefined, watchdog: undefined, wide: false, shares };
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'missing') this.#options.onMissing?.(message.module);
      else if (message.type === 'done') this.#finish(member, message.outcome);
      else if (message.type === 'widened') {
        member.wide = message.reason === undefined;
        if (message.reason !== undefined) this.#options.onNotWide?.(message.reason);
      }
      this.#dispatch();
    });
    worker.once('error', (error) => this.#lose(member, error.message));
    worker.once('exit', (code) => this.#lose(member, `ended with code ${code}`));
    this.#members.add(member);
    this.#dispatch();
  }

  /** The first loads the file of the version, to lose no time; the second writes what the others map. */
  #loadMessage(): WorkerPoolOptions['load'] {
    const { load } = this.#options;
    if (!this.#sharing || this.#members.size === 0) return load;
    return this.#graph ? { ...load, graph: this.#graph } : { ...load, share: true };
  }

  #stopSharing(reason: string): void {
    this.#sharing = false;
    if (!this.#closed) this.#options.onNotShared?.(reason);
  }

  /** A thread in native code cannot be ended from outside: it is replaced, and ends when it comes back. */
  #giveUpOn(member: Member): void {
    this.#finish(member, new EngineError({ kind: 'timeout' }));
    this.#lose(member, `took longer than ${this.#options.maxTaskMs} ms on one image`);
  }

  #lose(member: Member, reason: string): void {
    if (!this.#members.delete(member)) return;
    this.#finish(member, { ok: false, failure: INTERRUPTED });
    if (member.shares) this.#graph = undefined;
    stopWorker(member.worker);
    this.#options.onWorkerLost(reason);
    if (this.#members.size === 0) {
      const { recoveryMs = RECOVERY_MS } = this.#options;
      setTimeout(() => this.#giveUpWaiting(), recoveryMs).unref();
    }
    void this.#fill();
  }

  /** Makes workers until there are enough, one after another, slower after each failure. */
  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    let backoffMs = 500;
    while (!this.#closed && this.#members.size < this.#options.size) {
      try {
        await this.#addMember(this.#options.spawn());
        this.#lost = false;
        backoffMs = 500;
      } catch (error) {
        // A worker that was still being made when the pool closed is not lost: it was asked to end.
        if (this.#closed) break;
        this.#lost = true;
        this.#options.onWorkerLost(error instanceof Error ? error.message : String(error));
        if (this.broken) this.#refuseWaiting();
        await delay(backoffMs, undefined, { ref: false });
        backoffMs = Math.min(2 * backoffMs, LONGEST_BACKOFF_MS);
      }
    }
    this.#filling = false;
    this.#widen();
  }

  /** One worker, once all are there: sessions are made one after another. */
  #widen(): void {
    const members = [...this.#members];
    const { wideThreads } = this.#options;
    if (this.#closed || wideThreads < 2 || members.some(({ wide }) => wide !== false)) return;
    const [member] = members;
    if (!member) return;
    member.wide = 'soon';
    const graph = this.#graph;
    const message: ToWorker = { type: 'widen', threads: wideThreads, ...(graph && { graph }) };
    member.worker.postMessage(message);
  }

  /** Nobody waits longer for a worker that does not come. */
  #giveUpWaiting(): void {
    if (this.#members.size > 0 || this.#closed) return;
    this.#lost = true;
    this.#refuseWaiting();
  }

  #refuseWaiting(): void {
    const unavailable = new EngineError({ kind: 'unavailable' });
    for (const job of this.#waiting.splice(0)) job.resolve(unavailable);
    this.#tellIfIdle();
  }
}
