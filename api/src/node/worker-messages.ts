import type { Manifest } from '@naevus/shared/artifact/manifest';
import type { Calibration } from '@naevus/shared/probabilities';
import type { AnalysisWish, Outcome, Picture } from '../engine/engine.ts';

/** `workerData` of each worker. */
export interface WorkerSetup {
  /** Sets up what the decoder keeps for the whole process. */
  readonly firstOfProcess: boolean;
}

/** What a worker needs to know of the model; the worker reads and checks the files itself. */
export interface WorkerModel extends Pick<Manifest, 'files' | 'assessment'> {
  readonly folder: string;
  readonly engine: Manifest['engines']['onnx'];
  readonly calibration: Calibration;
}

export interface AnalyseTask {
  readonly picture: Picture;
  readonly wish: AnalysisWish;
}

/** From the pool to a worker. One task at a time. */
export type ToWorker =
  | { readonly type: 'load'; readonly model: WorkerModel; readonly maxPixels: number }
  | ({ readonly type: 'analyse' } & AnalyseTask)
  | { readonly type: 'stop' };

/** From a worker to the pool. */
export type FromWorker =
  /** The model has answered once. */
  | { readonly type: 'loaded' }
  | { readonly type: 'load-failed'; readonly reason: string }
  | { readonly type: 'done'; readonly outcome: Outcome };
