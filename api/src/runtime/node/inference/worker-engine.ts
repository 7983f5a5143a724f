import { setMaxListeners } from 'node:events';
import type { Worker } from 'node:worker_threads';
import {
  type AnalysisOptions,
  type Engine,
  EngineError,
  type EngineInput,
  type NetworkOptions,
  type Outcome,
} from '../../../analysis/engine.ts';
import { checkBrowserFiles, type ModelFolder } from '../models/model-folder.ts';
import { type Work, WorkEstimate } from './work-estimate.ts';
import type { LoadRequest, WorkerModel } from './worker-messages.ts';
import { WorkerPool } from './worker-pool.ts';

export interface WorkerEngineOptions {
  readonly workers: number;
  /** Threads for an image that has the machine to itself; 1 for none beside its worker's. */
  readonly wideThreads: number;
  /** Images that may wait for a worker. */
  readonly queue: number;
  readonly maxPixels: number;
  readonly timeoutSeconds: number;
  readonly engine: LoadRequest['engine'];
  readonly spawn: () => Worker;
  readonly onWorkerLost: (reason: string) => void;
  /** No session of several threads could be made. */
  readonly onNotWide?: (reason: string) => void;
  /** Sessions cannot share one graph: each has weights of its own. */
  readonly onNotShared?: (reason: string) => void;
  /** WebAssembly stands in for a native module; each worker tells. */
  readonly onMissing?: (module: string) => void;
  /** How long an image waited before a worker took it. */
  readonly onTaken?: (waitedMs: number) => void;
}

/** Of the time for an answer, what is given away in advance: the estimates may be wrong by half. */
const PLANNED_SHARE = 0.5;

/** The engine of the Node server: onnxruntime in a pool of worker threads, behind a bounded queue. */
export class WorkerEngine implements Engine {
  readonly model: ModelFolder;
  readonly #pool: WorkerPool;
  readonly #options: WorkerEngineOptions;
  #started = false;
  readonly #estimate = new WorkEstimate();
  /** Estimated milliseconds of a worker for what was accepted and is not answered. */
  #pendingMs = 0;
  /** Requests that {@link hold} the engine, and who waits until there is none. */
  #holders = 0;
  readonly #freed: (() => void)[] = [];

  constructor(model: ModelFolder, options: WorkerEngineOptions) {
    this.model = model;
    this.#options = options;
    const { maxPixels, engine } = options;
    this.#pool = new WorkerPool({
      size: options.workers,
      wideThreads: engine === 'wasm' ? 1 : options.wideThreads,
      spawn: options.spawn,
      load: { type: 'load', model: workerModel(model), maxPixels, engine },
      maxTaskMs: options.timeoutSeconds * 1000,
      onWorkerLost: options.onWorkerLost,
      ...(options.onNotWide && { onNotWide: options.onNotWide }),
      ...(options.onNotShared && { onNotShared: options.onNotShared }),
      ...(options.onMissing && { onMissing: options.onMissing }),
      ...(options.onTaken && { onTaken: options.onTaken }),
    });
  }

  get state(): Engine['state'] {
    if (this.#pool.broken) return 'failed';
    return this.#started ? 'ready' : 'starting';
  }

  /**
   * @param first a worker that was spawned already
   * @throws Error when the model cannot be loaded
   */
  async start(first?: Worker): Promise<void> {
    await Promise.all([this.#pool.start(first), checkBrowserFiles(this.model)]);
    this.#started = true;
  }

  refuseWhenFull(options: NetworkOptions = {}): void {
    this.#admit([this.#estimate.of(undefined, options)]);
  }

  async analyse(
    images: readonly EngineInput[],
    options: AnalysisOptions,
    signal: AbortSignal,
  ): Promise<Outcome[]> {
    const work = images.map((image) => this.#estimate.of(image, options));
    this.#admit(work);
    // Each image listens; Node takes more than ten for a leak.
    setMaxListeners(0, signal);
    return Promise.all(images.map((image, i) => this.#run(image, options, signal, work[i]!.ms)));
  }

  /** Images that wait and that are computed, and the workers there are for them. */
  get load(): { readonly waiting: number; readonly running: number; readonly workers: number } {
    const { waiting, running, workers } = this.#pool;
    return { waiting, running, workers };
  }

  hold(): () => void {
    this.#holders++;
    return () => {
      this.#holders--;
      if (this.#holders === 0) for (const tell of this.#freed.splice(0)) tell();
    };
  }

  /** Waits until no request holds the engine, and every image that was accepted has its answer. */
  async idle(): Promise<void> {
    while (this.#holders > 0) await new Promise<void>((resolve) => this.#freed.push(resolve));
    await this.#pool.idle();
  }

  /** Takes nothing more. */
  close(): void {
    this.#pool.close();
  }

  /**
   * Takes images all together or not at all: those that find a place, and whose answer can be expected in time.
   * Where nothing else is to be done, how long decoding takes is found out, unless the network alone takes too long.
   */
  #admit(work: readonly Work[]): void {
    if (this.state === 'failed') throw new EngineError({ kind: 'unavailable' });
    const { workers, queue, timeoutSeconds } = this.#options;
    const before = this.#pendingMs / workers;
    const own = spread(work, 'ms', workers);
    const network = spread(work, 'networkMs', workers);
    if (network > timeoutSeconds * 1000) {
      throw new EngineError({ kind: 'too-much', seconds: Math.ceil(network / 1000) });
    }
    const places = workers + queue - this.#pool.waiting - this.#pool.running;
    const spareMs = PLANNED_SHARE * timeoutSeconds * 1000 - before - own;
    if (work.length <= places && (spareMs >= 0 || this.#pendingMs === 0)) return;
    const seconds = Math.ceil((spareMs < 0 ? Math.min(before, -spareMs) : before) / 1000);
    throw new EngineError({ kind: 'busy', retryAfterSeconds: Math.max(1, seconds) });
  }

  async #run(
    image: EngineInput,
    options: AnalysisOptions,
    signal: AbortSignal,
    workMs: number,
  ): Promise<Outcome> {
    this.#pendingMs += workMs;
    try {
      let wide = false;
      const outcome = await this.#pool.run({ image, options }, signal, (taken) => {
        wide = taken;
      });
      if (outcome.ok) this.#estimate.learn(image, options, outcome.analysis.timing, { wide });
      return outcome;
    } finally {
      this.#pendingMs -= workMs;
      // What rounding left.
      if (this.#pool.waiting + this.#pool.running === 0) this.#pendingMs = 0;
    }
  }
}

/** Milliseconds until the last of several images is done, where workers share them. */
function spread(work: readonly Work[], part: keyof Work, workers: number): number {
  const sum = work.reduce((total, one) => total + one[part], 0);
  return Math.max(sum / workers, ...work.map((one) => one[part]));
}

function workerModel({ folder, manifest, taxonomy }: ModelFolder): WorkerModel {
  const { engines, files, assessment, calibration, preprocessing, similarCases, labels } = manifest;
  return {
    folder,
    files,
    engines,
    calibration,
    preprocessing,
    labels,
    taxonomy,
    ...(assessment && { assessment }),
    ...(similarCases && { similarCases }),
  };
}
