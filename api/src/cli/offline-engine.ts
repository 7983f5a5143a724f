import { readFile, stat } from 'node:fs/promises';
import type { Analysis, AnalysisOptions, CheckedImage } from '../analysis/engine.ts';
import type { ConvertedImage } from '../analysis/file-converter.ts';
import { analyseOpened } from '../answers/analyse-opened.ts';
import { openImage } from '../answers/open-image.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { conversionThreads } from '../runtime/node/conversion/conversion-threads.ts';
import type { InferenceWorkers } from '../runtime/node/inference/inference-workers.ts';
import { WorkerEngine } from '../runtime/node/inference/worker-engine.ts';
import {
  BUNDLED_MODELS,
  holdsOneVersion,
  type ModelFolder,
  openModelFolder,
  versionsIn,
} from '../runtime/node/models/model-folder.ts';
import { usableCpus } from '../runtime/node/server/cpu-limit.ts';
import { readSettings } from '../runtime/node/server/settings.ts';
import { UsageError } from './usage-error.ts';

/** A file is read whole before its header is looked at. */
const MAX_FILE_BYTES = 2 ** 28;

/** Beside the bundle. */
const CONVERSION_WORKER = new URL('./conversion-worker.js', import.meta.url);

/** Seconds for the workers to end. */
const STOP_SECONDS = 5;

/** A file whose header is sound; one that was converted, with what it says of the patient. */
export type OpenedFile = CheckedImage | ConvertedImage;

/** The server's engine, without a server. */
export interface OfflineEngine {
  readonly model: ModelFolder;
  /** How many files keep it busy. */
  readonly concurrency: number;
  /** @throws ProblemError for a file that cannot be read, or is no image that is taken */
  open(path: string): Promise<OpenedFile>;
  /**
   * @param file which is of no use afterwards
   * @throws ProblemError where it is no sound image
   */
  analyse(file: OpenedFile, options?: AnalysisOptions): Promise<Analysis>;
}

/**
 * Runs work with an engine, which the server's settings configure.
 *
 * @param chosen a folder in place of the setting, and a version in it
 * @throws UsageError, SettingsError, ArtifactError when there can be no engine
 */
export async function withEngine<T>(
  workers: InferenceWorkers,
  chosen: { readonly directory?: string | undefined; readonly version?: string | undefined },
  work: (engine: OfflineEngine) => Promise<T>,
): Promise<T> {
  const settings = readSettings(process.env);
  const limits = {
    maxBodyBytes: MAX_FILE_BYTES,
    maxPixels: settings.NAEVUS_MAX_PIXELS,
    maxBatch: 1,
    timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
  };
  const directory = chosen.directory ?? settings.NAEVUS_MODEL_DIR ?? BUNDLED_MODELS;
  const model = await openVersion(directory, chosen.version, settings.NAEVUS_TRUSTED_KEY);
  const threads = settings.NAEVUS_WORKERS ?? usableCpus();
  const concurrency = threads + 1;
  const engine = new WorkerEngine(model, {
    ...limits,
    workers: threads,
    wideThreads: 1,
    queue: concurrency,
    engine: settings.NAEVUS_ENGINE,
    spawn: () => workers.spawn(),
    onWorkerLost: (reason) => process.stderr.write(`naevus: a worker was lost: ${reason}\n`),
  });
  const converter = conversionThreads({
    file: CONVERSION_WORKER,
    threads,
    queue: concurrency,
    maxPixels: limits.maxPixels,
    maxSeconds: limits.timeoutSeconds,
  });
  const gate = limited(concurrency);
  const { signal } = new AbortController();
  try {
    await engine.start().catch((error: Error) => {
      throw new UsageError(`the model cannot be loaded: ${error.message}`);
    });
    return await work({
      model,
      concurrency,
      open: (path) => gate(async () => openImage(await read(path), limits, converter, signal)),
      analyse: (file, options) => gate(() => analyseOpened(file, engine, options)),
    });
  } finally {
    engine.close();
    await workers.stopAll(STOP_SECONDS);
  }
}

/** @throws UsageError where the folder has no such version; ArtifactError */
async function openVersion(
  directory: string,
  version: string | undefined,
  trustedKeys: readonly string[] | undefined,
): Promise<ModelFolder> {
  const one = await holdsOneVersion(directory);
  if (version !== undefined && !one) {
    const versions = await versionsIn(directory).catch((): string[] => []);
    if (!versions.includes(version)) {
      const there = versions.length > 0 ? versions.join(', ') : 'no version';
      throw new UsageError(`--version: there is ${there} in ${directory}, not ${version}`);
    }
  }
  const model = await openModelFolder({
    directory,
    version: one ? undefined : version,
    trustedKeys,
  });
  if (version === undefined || model.manifest.version === version) return model;
  throw new UsageError(`--version: ${directory} is ${model.manifest.version}, not ${version}`);
}

/** Runs work, at most so much of it at once: the engine refuses what finds no place. */
function limited(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new ProblemError('body-too-large', `the file has more than ${MAX_FILE_BYTES} bytes`);
    }
    if (size === 0) throw new ProblemError('empty-image', 'the file has no bytes');
    // A copy of its own: small files come as parts of a buffer that others use.
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new ProblemError('bad-request', `the file cannot be read: ${code}`);
  }
}
