import { createRequire } from 'node:module';

type Sharp = typeof import('sharp').default;

/** onnxruntime's module, as far as it is used. */
export type OnnxRuntime = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>;

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

/** @throws NoNativeModuleError */
export function loadSharp(): Sharp {
  return load('sharp') as Sharp;
}

/** @throws NoNativeModuleError */
export function loadOnnxRuntime(): OnnxRuntime {
  return load('onnxruntime-node') as OnnxRuntime;
}

/**
 * By require, because Node resolves and reads their many files twice as fast so as by import: 0.1 s
 * of the time to the first answer.
 */
function load(name: string): unknown {
  try {
    return require(name);
  } catch (cause) {
    throw new NoNativeModuleError(name, cause);
  }
}
