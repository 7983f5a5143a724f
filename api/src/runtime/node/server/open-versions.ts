import type { Logger } from 'pino';
import type { InferenceWorkers } from '../inference/inference-workers.ts';
import { ServedVersions } from '../inference/served-versions.ts';
import { WorkerEngine } from '../inference/worker-engine.ts';
import {
  BUNDLED_MODELS,
  holdsOneVersion,
  type ModelFolder,
  openModelFolder,
  versionsIn,
} from '../models/model-folder.ts';
import type { Prometheus } from '../telemetry/prometheus.ts';
import { usableCpus } from './cpu-limit.ts';
import type { Settings } from './settings.ts';
import { StartError } from './start-error.ts';

/** An image's layers are small: more threads wait for each other. */
const MOST_WIDE_THREADS = 4;

interface VersionsDependencies {
  readonly workers: InferenceWorkers;
  /** Inference threads of the current version; each other one has one. */
  readonly threads: number;
  readonly logger: Logger;
  /** Asked for when something is counted: it is opened after the versions. */
  readonly metrics: () => Prometheus | undefined;
}

/**
 * Opens the current version, and finds out which others to serve.
 *
 * @throws StartError, ArtifactError
 */
export async function openVersions(
  settings: Settings,
  { workers, threads, logger, metrics }: VersionsDependencies,
): Promise<ServedVersions> {
  const { NAEVUS_MODEL_DIR, NAEVUS_TRUSTED_KEY, NAEVUS_VERSIONS } = settings;
  const directory = NAEVUS_MODEL_DIR ?? BUNDLED_MODELS;
  const open = (version?: string): Promise<ModelFolder> =>
    openModelFolder({ directory, version, trustedKeys: NAEVUS_TRUSTED_KEY });
  const current = await open();
  if (NAEVUS_VERSIONS !== undefined && (await holdsOneVersion(directory))) {
    throw new StartError(`NAEVUS_VERSIONS needs a folder of versions; ${directory} is one version`);
  }
  const others = NAEVUS_VERSIONS === 'all' ? await versionsIn(directory) : (NAEVUS_VERSIONS ?? []);
  const missing = new Set<string>();
  return new ServedVersions(current, {
    open,
    others,
    onOtherFailed: (version, reason) =>
      logger.error({ version, reason }, 'a version is not served'),
    makeEngine: (model, role) =>
      new WorkerEngine(model, {
        workers: role === 'current' ? threads : 1,
        wideThreads: role === 'current' ? Math.min(threads, usableCpus(), MOST_WIDE_THREADS) : 1,
        onNotWide: (reason) =>
          logger.warn({ reason }, 'an image alone is computed on one thread, not on all'),
        onNotShared: (reason) =>
          logger.warn(
            { reason },
            'each inference thread has weights of its own: 30 MB more a thread',
          ),
        queue: settings.NAEVUS_QUEUE,
        maxPixels: settings.NAEVUS_MAX_PIXELS,
        timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
        engine: settings.NAEVUS_ENGINE,
        onMissing(module) {
          // Once, not for each worker.
          if (!missing.has(module))
            logger.warn({ module }, 'no build for this machine: WebAssembly');
          missing.add(module);
        },
        spawn: () => workers.spawn(),
        onWorkerLost(reason) {
          logger.error({ reason }, 'a worker was lost');
          metrics()?.workerLost();
        },
        onTaken: (waitedMs) => metrics()?.waited(waitedMs),
      }),
  });
}
