import { WorkerThreads } from '../../threads/worker-threads.ts';
import type { AugmentationJob, AugmentationWorkerData } from './augmentation-worker.ts';

/** Prepares augmented batches in a worker thread, ahead of the step that takes them. */
export class AugmentedBatches {
  private readonly thread: Promise<WorkerThreads<AugmentationJob, Float32Array>>;

  constructor(workerFile: URL, data: AugmentationWorkerData) {
    this.thread = WorkerThreads.start(workerFile, 1, data);
    // Told to those who ask for a batch.
    this.thread.catch(() => {});
  }

  /**
   * Starts a batch; it is ready when the promise is.
   *
   * @throws Error when the thread cannot prepare it, or has ended
   */
  request(job: AugmentationJob): Promise<Float32Array> {
    const batch = this.thread.then((thread) => thread.run(job));
    // A batch requested ahead may fail before anyone waits for it.
    batch.catch(() => {});
    return batch;
  }

  async close(): Promise<void> {
    const thread = await this.thread.catch(() => undefined);
    thread?.stop();
  }
}
