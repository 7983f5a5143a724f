import { Worker } from 'node:worker_threads';
import type {
  AugmentationJob,
  AugmentationWorkerData,
  AugmentedBatch,
} from './augmentation-worker.ts';

/** Prepares augmented batches in a worker thread, ahead of the step that takes them. */
export class AugmentedBatches {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, PromiseWithResolversLike<Float32Array>>();
  private nextId = 0;

  constructor(workerFile: URL, data: AugmentationWorkerData) {
    this.worker = new Worker(workerFile, { workerData: data });
    this.worker.on('message', ({ id, values }: AugmentedBatch) => {
      this.waiting.get(id)?.resolve(values);
      this.waiting.delete(id);
    });
    this.worker.on('error', (error) => {
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    });
  }

  /** Starts a batch; it is ready when the promise is. */
  request(job: Omit<AugmentationJob, 'id'>): Promise<Float32Array> {
    const id = this.nextId++;
    let resolve: (values: Float32Array) => void = () => {};
    let reject: (error: unknown) => void = () => {};
    const promise = new Promise<Float32Array>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    // A batch requested ahead may fail before anyone waits for it.
    promise.catch(() => {});
    this.waiting.set(id, { resolve, reject });
    this.worker.postMessage({ ...job, id } satisfies AugmentationJob);
    return promise;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

interface PromiseWithResolversLike<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}
