import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// Commands are bundled into training/dist: paths here start from there.

/** The repository's versions. */
export const MODEL_ARTIFACTS = fileURLToPath(new URL('../../model-artifacts', import.meta.url));

/** Pictures that show no lesion, which the assessment is fitted with. */
export const NON_LESIONS = fileURLToPath(new URL('../non-lesions', import.meta.url));

export const AUGMENTATION_WORKER = new URL('augmentation-worker.js', import.meta.url);

/** The folder of `--cache`; by default `training/.cache`. */
export function cacheFolder(given: string | undefined): string {
  return resolve(given ?? fileURLToPath(new URL('../.cache', import.meta.url)));
}

/** The WebAssembly kernels that training and serving share. */
export async function loadKernels(): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await readFile(new URL('kernels.wasm', import.meta.url)));
}
