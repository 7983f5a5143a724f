import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { ArtifactError } from '@naevus/shared/artifact/verify';
import { createApp } from '../app.ts';
import { usableCpus } from './cpu-limit.ts';
import { Drain } from './drain.ts';
import { createHttpServer } from './http-server.ts';
import type { InferenceWorkers } from './inference-workers.ts';
import { appLog, createLogger } from './log.ts';
import { openModelFolder } from './model-folder.ts';
import { describeSettings, readSettings, SettingsError } from './settings.ts';
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
 */
export async function main(
  workers: InferenceWorkers,
  firstWorker: Worker | undefined,
): Promise<void> {
  try {
    if (wantsHelp(process.argv.slice(2))) process.stdout.write(HELP);
    else await serve(workers, firstWorker);
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

async function serve(workers: InferenceWorkers, firstWorker: Worker | undefined): Promise<void> {
  const settings = readSettings(process.env);
  const logger = createLogger(settings.NAEVUS_LOG_LEVEL);
  const model = await openModelFolder(
    settings.NAEVUS_MODEL_DIR ?? BUNDLED_MODELS,
    settings.NAEVUS_TRUSTED_KEY,
  );
  const threads = settings.NAEVUS_WORKERS ?? usableCpus() + 1;
  const engine = new WorkerEngine(model, {
    workers: threads,
    queue: settings.NAEVUS_QUEUE,
    maxPixels: settings.NAEVUS_MAX_PIXELS,
    timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
    spawn: () => workers.spawn(),
    onWorkerLost: (reason) => logger.error({ reason }, 'a worker was lost'),
  });
  const started = engine.start(firstWorker);
  // Awaited below; a rejection before that is not unhandled.
  started.catch(() => {});

  const log = appLog(logger);
  const app = createApp({
    engine,
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

  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'draining');
    const unanswered = await drain.finish(settings.NAEVUS_DRAIN_SECONDS);
    if (unanswered > 0) logger.warn({ unanswered }, 'the time to drain was up');
    engine.close();
    await workers.stopAll(WORKERS_STOP_SECONDS);
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  server.listen(settings.PORT, settings.HOST);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`cannot listen on ${settings.HOST}:${settings.PORT}: ${error.code}`);
  });
  const { port } = server.address() as AddressInfo;
  const { name, version } = model.manifest;
  const url = `http://${settings.HOST.includes(':') ? `[${settings.HOST}]` : settings.HOST}:${port}`;
  logger.info(
    { url, model: `${name} ${version}`, settings: { ...settings, NAEVUS_WORKERS: threads } },
    'listening',
  );
  if (!LOOPBACK.test(settings.HOST)) {
    logger.warn({ url }, 'whoever reaches this address may send images: put a gateway before it');
  }
  await started.catch((error: Error) => {
    throw new StartError(`the model cannot be loaded: ${error.message}`);
  });
  logger.info({ sinceStartMs: Math.round(performance.now()) }, 'ready');
}
