import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { ArtifactError } from '@naevus/shared/artifact/verify';
import type { Logger } from 'pino';
import { createApp } from '../app.ts';
import { usableCpus } from './cpu-limit.ts';
import { Drain } from './drain.ts';
import { createHttpServer } from './http-server.ts';
import type { InferenceWorkers } from './inference-workers.ts';
import { appLog, createLogger } from './log.ts';
import {
  CURRENT_PATH,
  holdsOneVersion,
  type ModelFolder,
  openModelFolder,
  versionsIn,
} from './model-folder.ts';
import { ServedVersions, type ServedVersionsOptions } from './served-versions.ts';
import { describeSettings, readSettings, type Settings, SettingsError } from './settings.ts';
import type { StopSignal } from './stop-signal.ts';
import { onFileChange } from './watch-file.ts';
import { WorkerEngine } from './worker-engine.ts';

/** From `dist/`, where the bundle lies. */
const BUNDLED_MODELS = fileURLToPath(new URL('../../model-artifacts', import.meta.url));

const HELP = `Serves the Naevus API over HTTP.

Usage: node api/dist/node.js [--help]

Settings are environment variables:
${describeSettings()}
`;

/** Something that whoever starts the server can put right: told in a line, without a stack. */
class StartError extends Error {}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

/** Seconds for the workers to end: more than loading a model takes. */
const WORKERS_STOP_SECONDS = 5;

/**
 * The server, from settings to SIGTERM.
 *
 * @param firstWorker one that was spawned already, to lose no time
 * @param stopSignal listened to from the start
 */
export async function main(
  workers: InferenceWorkers,
  firstWorker: Worker | undefined,
  stopSignal: StopSignal,
): Promise<void> {
  try {
    if (wantsHelp(process.argv.slice(2))) process.stdout.write(HELP);
    else await serve(workers, firstWorker, stopSignal);
  } catch (error) {
    process.stderr.write(
      isStartError(error) ? `naevus: ${error.message}\n` : `${(error as Error).stack}\n`,
    );
    await workers.stopAll(WORKERS_STOP_SECONDS);
    process.exit(1);
  }
}

function isStartError(error: unknown): error is Error {
  return (
    error instanceof StartError || error instanceof SettingsError || error instanceof ArtifactError
  );
}

function wantsHelp(args: string[]): boolean {
  try {
    return parseArgs({ args, options: { help: { type: 'boolean' } } }).values.help === true;
  } catch (error) {
    throw new StartError(`${(error as Error).message} (see --help)`);
  }
}

async function serve(
  workers: InferenceWorkers,
  firstWorker: Worker | undefined,
  stopSignal: StopSignal,
): Promise<void> {
  const settings = readSettings(process.env);
  const logger = createLogger(settings.NAEVUS_LOG_LEVEL);
  const threads = settings.NAEVUS_WORKERS ?? usableCpus() + 1;
  const versions = await openVersions(settings, {
    onOtherFailed: (version, reason) =>
      logger.error({ version, reason }, 'a version is not served'),
    makeEngine: (model, role) =>
      new WorkerEngine(model, {
        workers: role === 'current' ? threads : 1,
        queue: settings.NAEVUS_QUEUE,
        maxPixels: settings.NAEVUS_MAX_PIXELS,
        timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
        spawn: () => workers.spawn(),
        onWorkerLost: (reason) => logger.error({ reason }, 'a worker was lost'),
      }),
  });
  const started = versions.start(firstWorker);
  // Awaited below; a rejection before that is not unhandled.
  started.catch(() => {});

  const log = appLog(logger);
  const app = createApp({
    engines: versions,
    limits: {
      maxBodyBytes: settings.NAEVUS_MAX_BODY_BYTES,
      maxPixels: settings.NAEVUS_MAX_PIXELS,
      maxBatch: settings.NAEVUS_MAX_BATCH,
      timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
    },
    log,
    ...(settings.NAEVUS_CORS_ORIGINS && { corsOrigins: settings.NAEVUS_CORS_ORIGINS }),
    draining: () => drain.draining,
    toBase64: (bytes) =>
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  });
  const server = createHttpServer(app, {
    timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
    onDefect: (error) => log.defect('none', error),
  });
  const drain = new Drain(server);

  stopSignal.listen(async (signal) => {
    logger.info({ signal }, 'draining');
    const unanswered = await drain.finish(settings.NAEVUS_DRAIN_SECONDS);
    if (unanswered > 0) logger.warn({ unanswered }, 'the time to drain was up');
    versions.close();
    await workers.stopAll(WORKERS_STOP_SECONDS);
    logger.info('stopped');
    process.exit(0);
  });
  if (stopSignal.received) return;

  server.listen(settings.PORT, settings.HOST);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`cannot listen on ${settings.HOST}:${settings.PORT}: ${error.code}`);
  });
  const { port } = server.address() as AddressInfo;
  const { name, version } = versions.current.model.manifest;
  const url = `http://${settings.HOST.includes(':') ? `[${settings.HOST}]` : settings.HOST}:${port}`;
  logger.info(
    { url, model: `${name} ${version}`, settings: { ...settings, NAEVUS_WORKERS: threads } },
    'listening',
  );
  if (!LOOPBACK.test(settings.HOST)) {
    logger.warn({ url }, 'whoever reaches this address may send images: put a gateway before it');
  }
  await started.catch((error: Error) => {
    if (!stopSignal.received) throw new StartError(`the model cannot be loaded: ${error.message}`);
  });
  if (stopSignal.received) return;
  logger.info({ sinceStartMs: Math.round(performance.now()) }, 'ready');
  reloadOnDemand(versions, settings, logger);
}

/** Opens the current version, and finds out which others to serve. */
async function openVersions(
  { NAEVUS_MODEL_DIR, NAEVUS_TRUSTED_KEY, NAEVUS_VERSIONS }: Settings,
  parts: Pick<ServedVersionsOptions, 'makeEngine' | 'onOtherFailed'>,
): Promise<ServedVersions> {
  const directory = NAEVUS_MODEL_DIR ?? BUNDLED_MODELS;
  const open = (version?: string): Promise<ModelFolder> =>
    openModelFolder({ directory, version, trustedKeys: NAEVUS_TRUSTED_KEY });
  const current = await open();
  if (NAEVUS_VERSIONS !== undefined && (await holdsOneVersion(directory))) {
    throw new StartError(`NAEVUS_VERSIONS needs a folder of versions; ${directory} is one version`);
  }
  const others = NAEVUS_VERSIONS === 'all' ? await versionsIn(directory) : (NAEVUS_VERSIONS ?? []);
  return new ServedVersions(current, { ...parts, open, others });
}

/** Serves another version when `current.json` says so, or on SIGHUP. */
function reloadOnDemand(versions: ServedVersions, settings: Settings, logger: Logger): void {
  const reload = async (): Promise<void> => {
    const result = await versions.reload();
    if (result.outcome === 'refused') {
      logger.error(result, 'the new version is refused; the one before is still served');
    } else {
      logger.info(result, 'looked for a new version');
    }
  };
  const directory = settings.NAEVUS_MODEL_DIR ?? BUNDLED_MODELS;
  onFileChange(join(directory, CURRENT_PATH), reload);
  // From a terminal it means that the terminal has gone.
  if (!process.stdin.isTTY) process.on('SIGHUP', reload);
}
