import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

export type OnnxRuntime = typeof import('onnxruntime-node');

const VARIABLE = 'ORT_DISABLE_TELEMETRY';

/**
 * Turns onnxruntime's telemetry off for this process, whatever the variable was set to: by default the library looks
 * up its vendor's host and writes a device id below ~/.cache. Its native code reads the environment of the process,
 * which `process.env` of a worker thread is only a copy of: so the main thread calls this before it starts workers.
 *
 * @throws Error in a worker whose main thread has not called it
 */
export function disableTelemetry(): void {
  if (isMainThread) process.env[VARIABLE] = '1';
  else if (process.env[VARIABLE] !== '1') {
    throw new Error('call disableTelemetry() in the main thread before this worker is started');
  }
}

/**
 * The only way in which onnxruntime is loaded: without telemetry. By require, because Node resolves and reads its many
 * files twice as fast so as by import.
 *
 * @throws Error when it has no build for this machine, or as {@link disableTelemetry}
 */
export function loadOnnxRuntime(): OnnxRuntime {
  disableTelemetry();
  return createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;
}
