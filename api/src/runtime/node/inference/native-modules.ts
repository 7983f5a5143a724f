import { createRequire } from 'node:module';
import * as onnxRuntime from '@naevus/shared/onnxruntime/load-onnx-runtime';

type Sharp = typeof import('sharp').default;

/** A native module that has no build for this machine, or whose libraries are missing on it. */
export class NoNativeModuleError extends Error {
  override readonly name = 'NoNativeModuleError';
  readonly module: string;

  constructor(module: string, cause: unknown) {
    super(`${module} does not load on this machine`, { cause });
    this.module = module;
  }
}

const require = createRequire(import.meta.url);

/**
 * By require, because Node resolves and reads its many files twice as fast so as by import: 0.1 s of
 * the time to the first answer.
 *
 * @throws NoNativeModuleError
 */
export function loadSharp(): Sharp {
  return load('sharp', () => require('sharp') as Sharp);
}

/** @throws NoNativeModuleError */
export function loadOnnxRuntime(): onnxRuntime.OnnxRuntime {
  return load('onnxruntime-node', onnxRuntime.loadOnnxRuntime);
}

function load<Module>(name: string, read: () => Module): Module {
  try {
    return read();
  } catch (cause) {
    throw new NoNativeModuleError(name, cause);
  }
}
