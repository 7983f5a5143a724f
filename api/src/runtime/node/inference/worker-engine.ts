import type { Worker } from 'node:worker_threads';
import {
  type AnalysisOptions,
  type Engine,
  EngineError,
  type EngineInput,
  type Outcome,
} from '../../../analysis/engine.ts';
import { checkBrowserFiles, type ModelFolder } from '../models/model-folder.ts';
import type { LoadRequest, WorkerModel } from './worker-messages.ts';
import { WorkerPool } from './worker-pool.ts';

export interface WorkerEngineOptions {
  readonly workers: number;
  /** Images that may wait for a worker. */
  readonly queue: number;
  readonly maxPixels: number;
  readonly timeoutSeconds: number;
  readonly engine: LoadRequest['engine'];
  readonly spawn: () => Worker;
  readonly onWorkerLost: (reason: string) => void;
  /** WebAssembly stands in for a native module; each worker tells. */
  readonly onMissing?: (module: string) => void;
  /** How long an image waited before a worker took it. */
  readonly onTaken?: (waitedMs: number) => void;
}

/** How much one measured image moves the estimate of what an image takes. */
const SMOOTHING = 0.1;

/** The engine of the Node server: onnxruntime in a pool of worker threads, behind a bounded queue. */
export class WorkerEngine implements Engine {
  readonly model: ModelFolder;
  readonly #pool: WorkerPool;
  readonly #options: WorkerEngineOptions;
  #started = false;
  #photoMs = 20;

  constructor(model: ModelFolder, options: WorkerEngineOptions) {
    this.model = model;
    this.#options = options;
    const { maxPixels, engine } = options;
    this.#pool = new WorkerPool({
      size: options.workers,
      spawn: options.spawn,
      load: { type: 'load', model: workerModel(model), maxPixels, engine },
      maxTaskMs: options.timeoutSeconds * 1000,
      onWorkerLost: options.onWorkerLost,
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

  refuseWhenFull(): void {
    if (this.state === 'failed') throw new EngineError({ kind: 'unavailable' });
    const { workers, queue } = this.#options;
    if (this.#pool.waiting + this.#pool.running < workers + queue) return;
    const seconds = (this.#pool.waiting * this.#photoMs) / workers / 1000;
    throw new EngineError({ kind: 'busy', retryAfterSeconds: Math.max(1, Math.ceil(seconds)) });
  }

  async analyse(
    images: readonly EngineInput[],
    options: AnalysisOptions,
    signal: AbortSignal,
  ): Promise<Outcome[]> {
    // A batch enters whole once there is room for its first: else a short queue would never take one.
    this.refuseWhenFull();
    return Promise.all(
      images.map(async (image) => {
        const outcome = await this.#pool.run({ image: image, options: options }, signal);
        if (outcome.ok) this.#learn(outcome.analysis.timing);
        return outcome;
      }),
    );
  }

  /** Images that wait and that are computed, and the workers there are for them. */
  get load(): { readonly waiting: number; readonly running: number; readonly workers: number } {
    const { waiting, running, workers } = this.#pool;
    return { waiting, running, workers };
  }

  /** Waits until every image that was accepted has its answer. */
  idle(): Promise<void> {
    return this.#pool.idle();
  }

  /** Takes nothing more. */
  close(): void {
    this.#pool.close();
  }

  #learn({ decodeMs, inferenceMs }: { decodeMs: number; inferenceMs: number }): void {
    this.#photoMs += SMOOTHING * (decodeMs + inferenceMs - this.#photoMs);
  }
}

function workerModel({ folder, manifest }: ModelFolder): WorkerModel {
  const { engines, files, assessment, calibration, preprocessing, similarCases, labels } = manifest;
  return {
    folder,
    files,
    engines,
    calibration,
    preprocessing,
    labels,
    ...(assessment && { assessment }),
    ...(similarCases && { similarCases }),
  };
}
