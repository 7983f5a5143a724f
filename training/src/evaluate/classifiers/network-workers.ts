import { availableParallelism } from 'node:os';
import { disableTelemetry } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import { WorkerThreads, workerFile } from '../../threads/worker-threads.ts';

/** `workerData` of each worker. */
export interface NetworkWorkerSetup {
  /** An ONNX file. */
  readonly model: Uint8Array;
}

/** One picture: 224 * 224 * 3 bytes, and the outputs that are wanted. */
export interface NetworkRequest {
  readonly rgb: Uint8Array;
  readonly outputs: readonly string[];
}

/** Each holds a session of some 75 MB. */
const MOST_WORKERS = 8;

/** How many pictures are computed at once. */
export const NETWORK_WORKERS = Math.min(availableParallelism(), MOST_WORKERS);

/** Threads that each run a network on one picture at a time, on one core, so that figures do not depend on their number. */
export type NetworkWorkers = WorkerThreads<NetworkRequest, readonly Float32Array[]>;

/**
 * @param model an ONNX file
 * @throws Error when the network cannot be loaded
 */
export function startNetworkWorkers(model: Uint8Array): Promise<NetworkWorkers> {
  disableTelemetry();
  const setup: NetworkWorkerSetup = { model };
  return WorkerThreads.start(workerFile('network-worker'), NETWORK_WORKERS, setup);
}
