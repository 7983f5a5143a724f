import type { Calibration } from '@naevus/shared/answer/probabilities';
import type { Manifest } from '@naevus/shared/model/manifest';
import type { Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { AnalysisOptions, EngineInput, Outcome } from '../../../analysis/engine.ts';
import type { SharedGraph } from './shared-graph.ts';

/** `workerData` of each worker. */
export interface WorkerSetup {
  /** Of `sharpState`: one for the process. */
  readonly sharpState: SharedArrayBuffer;
}

/** What a worker needs to know of the model; the worker reads and checks the files itself. */
export interface WorkerModel
  extends Pick<
    Manifest,
    'files' | 'assessment' | 'engines' | 'preprocessing' | 'similarCases' | 'labels'
  > {
  readonly folder: string;
  readonly calibration: Calibration;
  readonly taxonomy: Taxonomy;
}

export interface AnalyseTask {
  readonly image: EngineInput;
  readonly options: AnalysisOptions;
}

/** `auto`: native where there is a build for this machine, else in WebAssembly. */
export const ENGINES = ['auto', 'native', 'wasm'] as const;

/** What a worker is to load. */
export interface LoadRequest {
  readonly model: WorkerModel;
  readonly maxPixels: number;
  readonly engine: (typeof ENGINES)[number];
  /** To be mapped, where one was written. */
  readonly graph?: SharedGraph;
}

/** From the pool to a worker. One task at a time. */
export type ToWorker =
  /** `share`: writes the graph for other sessions first, and maps it. */
  | ({ readonly type: 'load'; readonly share?: boolean } & LoadRequest)
  /** Loads a second session of so many threads beside the one that has one; both map the graph, if there is one. */
  | { readonly type: 'widen'; readonly threads: number; readonly graph?: SharedGraph }
  /** `wide`: by the session of several threads. */
  | ({ readonly type: 'analyse'; readonly wide: boolean } & AnalyseTask)
  | { readonly type: 'stop' };

/** From a worker to the pool. */
export type FromWorker =
  /** The model has answered once. `graph`: what was to be shared; `notShared`: why there is none. */
  | { readonly type: 'loaded'; readonly graph?: SharedGraph; readonly notShared?: string }
  /** WebAssembly stands in for a native module that has no build for this machine. May come at any time. */
  | { readonly type: 'missing'; readonly module: string }
  | { readonly type: 'load-failed'; readonly reason: string }
  /** Without a reason: there is a session of several threads now. */
  | { readonly type: 'widened'; readonly reason?: string }
  | { readonly type: 'done'; readonly outcome: Outcome };
