import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { folderSource } from '@naevus/shared/model/folder-source';
import { CURRENT_PATH } from '@naevus/shared/model/load-manifest';
import { ArtifactError } from '@naevus/shared/model/verify';
import type { Logger } from 'pino';
import { createApp } from '../../../http/app.ts';
import type { RateLimit } from '../../../http/context/rate-limit.ts';
import { KeyListError } from '../../../http/middleware/api-keys.ts';
import { BodyBudget } from '../../../http/request/body-budget.ts';
import { SettingsError } from '../../settings/settings-error.ts';
import { nodeCaller, trustedProxies } from '../access/caller.ts';
import { KeyStore } from '../access/key-store.ts';
import { newKey } from '../access/new-key.ts';
import { sharedFiles } from '../files/shared-files.ts';
import { onFileChange } from '../files/watch-file.ts';
import { freeOnceSent } from '../inference/free-memory.ts';
import type { InferenceWorkers } from '../inference/inference-workers.ts';
import {
  type Reload,
  ServedVersions,
  type ServedVersionsOptions,
} from '../inference/served-versions.ts';
import { WorkerEngine } from '../inference/worker-engine.ts';
import {
  BUNDLED_MODELS,
  holdsOneVersion,
  type ModelFolder,
  openModelFolder,
  versionsIn,
} from '../models/model-folder.ts';
import { appLog, createLogger } from '../telemetry/log.ts';
import { LogWriter } from '../telemetry/log-writer.ts';
import type { OtlpTracing } from '../telemetry/otlp-tracing.ts';
import type { Prometheus } from '../telemetry/prometheus.ts';
import { usableCpus } from './cpu-limit.ts';
import { Drain } from './drain.ts';
import { createHttpServer } from './http-server.ts';
import { receiveBody } from './receive-body.ts';
import { describeSettings, printableSettings, readSettings, type Settings } from './settings.ts';
import type { StopSignal } from './stop-signal.ts';

/** Beside the bundle. */
const PAGE_FILES = fileURLToPath(new URL('./page-files', import.meta.url));

const HELP = `Serves the Naevus API over HTTP.

Usage: node api/dist/node.js [--help]
       node api/dist/node.js keys NAME >> FILE

The second makes a key for a client: it shows the key once, and writes the line that NAEVUS_API_KEYS_FILE takes.

Settings are environment variables:
${describeSettings()}
`;

/** Something that whoever starts the server can put right: told in a line, without a stack. */
class StartError extends Error {}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

/** What large bodies leave of the memory for bodies. */
const LARGE_BODIES_SHARE = 0.75;

/** Seconds that a body waits for memory, unread. */
const BODY_WAIT_SECONDS = 5;

/** Seconds for the workers to end: more than loading a model takes, on a machine that is loaded, too. */
const WORKERS_STOP_SECONDS = 20;

/** Seconds for the last traces to reach their collector. */
const TRACES_STOP_SECONDS = 2;

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
    const task = readArguments(process.argv.slice(2));
    if (task.help) process.stdout.write(HELP);
    else if (task.keyFor !== undefined) makeKey(task.keyFor);
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
    error instanceof StartError ||
    error instanceof SettingsError ||
    error instanceof KeyListError ||
    error instanceof ArtifactError
  );
}

function readArguments(args: string[]): { help: boolean; keyFor?: string } {
  let parsed: { values: { help?: boolean }; positionals: string[] };
  try {
    parsed = parseArgs({ args, options: { help: { type: 'boolean' } }, allowPositionals: true });
  } catch (error) {
    // After its first sentence, Node's message is about positional arguments.
    throw new StartError(`${(error as Error).message.split('. ', 1)[0]} (see --help)`);
  }
  const [command, name, ...more] = parsed.positionals;
  const help = parsed.values.help === true;
  if (command === undefined) return { help };
  if (command !== 'keys') throw new StartError(`there is no command "${command}" (see --help)`);
  if (help) return { help };
  if (name === undefined || more.length > 0) {
    throw new StartError('keys takes one name, of the client that the key is for (see --help)');
  }
  return { help, keyFor: name };
}

function makeKey(client: string): void {
  let made: ReturnType<typeof newKey>;
  try {
    made = newKey(client);
  } catch {
    throw new StartError('a name has up to 64 letters, digits, dots, dashes and underscores');
  }
  process.stderr.write(`The key of ${client}, shown this once: ${made.key}\n`);
  process.stdout.write(`${made.line}\n`);
}

async function serve(
  workers: InferenceWorkers,
  firstWorker: Worker | undefined,
  stopSignal: StopSignal,
): Promise<void> {
  const settings = readSettings(process.env);
  const logWriter = new LogWriter();
  const logger = createLogger(settings.NAEVUS_LOG_LEVEL, logWriter);
  let metrics: Prometheus | undefined;
  const keys = await openKeys(settings, logger, (outcome) => metrics?.keysRead(outcome));
  const missing = new Set<string>();
  const threads = settings.NAEVUS_WORKERS ?? usableCpus();
  const versions = await openVersions(settings, {
    onOtherFailed: (version, reason) =>
      logger.error({ version, reason }, 'a version is not served'),
    makeEngine: (model, role) =>
      new WorkerEngine(model, {
        workers: role === 'current' ? threads : 1,
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
          metrics?.workerLost();
        },
        onTaken: (waitedMs) => metrics?.waited(waitedMs),
      }),
  });
  const started = versions.start(firstWorker);
  // Awaited below; a rejection before that is not unhandled.
  started.catch(() => {});
  if (settings.NAEVUS_METRICS !== 'off') {
    // Read while the worker reads the model: the first answer does not wait for it.
    const { Prometheus } = await import('../telemetry/prometheus.ts');
    metrics = new Prometheus(settings.NAEVUS_METRICS === 'open');
    metrics.watch(versions, settings.NAEVUS_QUEUE);
    metrics.watchLog(logWriter);
  }

  const log = appLog(logger);
  const tracing = await openTracing(settings, logger);
  const rateLimit = await openRateLimit(settings, logger, () => metrics?.countedAlone());
  const trusts = trustedProxies(settings.NAEVUS_TRUSTED_PROXIES);
  const bodies = new BodyBudget({
    bytes: settings.NAEVUS_MAX_BODIES_BYTES,
    largeBytes: LARGE_BODIES_SHARE * settings.NAEVUS_MAX_BODIES_BYTES,
    waitSeconds: BODY_WAIT_SECONDS,
  });
  const app = createApp({
    engines: versions,
    limits: {
      maxBodyBytes: settings.NAEVUS_MAX_BODY_BYTES,
      maxPixels: settings.NAEVUS_MAX_PIXELS,
      // A larger one would never find places for all of its images.
      maxBatch: Math.min(settings.NAEVUS_MAX_BATCH, threads + settings.NAEVUS_QUEUE),
      timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
    },
    bodies,
    receiveBody,
    log,
    ...(keys && { keys }),
    ...(rateLimit && { rateLimit }),
    ...(metrics && { metrics }),
    ...(tracing && { tracing }),
    caller: (c) => nodeCaller(c, trusts),
    pageFiles: sharedFiles(folderSource(PAGE_FILES)),
    ...(settings.NAEVUS_HSTS_SECONDS !== undefined && {
      hstsSeconds: settings.NAEVUS_HSTS_SECONDS,
    }),
    ...(settings.NAEVUS_CORS_ORIGINS && { corsOrigins: settings.NAEVUS_CORS_ORIGINS }),
    draining: () => drain.draining,
    freeOnceSent,
  });
  const { server, connections } = createHttpServer(app, {
    timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
    keepAliveSeconds: settings.NAEVUS_KEEP_ALIVE_SECONDS,
    onDefect: (error) => log.defect('none', error),
    onRefused: (kind) => metrics?.refusedConnection(kind),
  });
  const drain = new Drain(server, connections);
  metrics?.watchServer(connections, bodies);

  stopSignal.listen(async (signal) => {
    logger.info({ signal }, 'draining');
    const unanswered = await drain.finish(settings.NAEVUS_DRAIN_SECONDS);
    if (unanswered > 0) logger.warn({ unanswered }, 'the time to drain was up');
    versions.close();
    const traced = tracing?.shutdown().catch(() => {});
    await workers.stopAll(WORKERS_STOP_SECONDS);
    await Promise.race([traced, delay(TRACES_STOP_SECONDS * 1000)]);
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
    {
      url,
      model: `${name} ${version}`,
      settings: { ...printableSettings(settings), NAEVUS_WORKERS: threads },
    },
    'listening',
  );
  await started.catch((error: Error) => {
    if (!stopSignal.received) throw new StartError(`the model cannot be loaded: ${error.message}`);
  });
  if (stopSignal.received) return;
  logger.info({ sinceStartMs: Math.round(performance.now()) }, 'ready');
  reloadOnDemand(versions, settings, logger, (outcome) => metrics?.reloaded(outcome));
  if (keys && !process.stdin.isTTY) process.on('SIGHUP', () => void keys.reload());
}

/** The keys that clients must have; none where everyone may ask. */
async function openKeys(
  settings: Settings,
  logger: Logger,
  onRead: (outcome: 'taken' | 'refused') => void,
): Promise<KeyStore | undefined> {
  const { HOST, NAEVUS_API_KEYS, NAEVUS_API_KEYS_FILE, NAEVUS_ALLOW_ANONYMOUS } = settings;
  if (NAEVUS_API_KEYS !== undefined || NAEVUS_API_KEYS_FILE !== undefined) {
    return KeyStore.open({
      file: NAEVUS_API_KEYS_FILE,
      list: NAEVUS_API_KEYS,
      onReload() {
        logger.info('the keys were read again');
        onRead('taken');
      },
      onRefused(reason) {
        logger.error({ reason }, 'the keys are refused; those before still hold');
        onRead('refused');
      },
    });
  }
  if (!LOOPBACK.test(HOST) && !NAEVUS_ALLOW_ANONYMOUS) {
    throw new StartError(
      `anyone who reaches ${HOST} could send images: set NAEVUS_API_KEYS_FILE or NAEVUS_API_KEYS, ` +
        'or NAEVUS_ALLOW_ANONYMOUS=true where something before this server checks who asks',
    );
  }
  logger.warn({ host: HOST }, 'no keys are set: whoever reaches this address may send images');
  return undefined;
}

async function openTracing(settings: Settings, logger: Logger): Promise<OtlpTracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT } = settings;
  if (OTEL_EXPORTER_OTLP_ENDPOINT === undefined || process.env.OTEL_SDK_DISABLED === 'true') {
    return undefined;
  }
  // Read only where it is asked for: a server without it starts faster, and is smaller.
  const { OtlpTracing } = await import('../telemetry/otlp-tracing.ts');
  let told = false;
  return new OtlpTracing((reason) => {
    // Once: the collector may be away for long.
    if (!told) logger.warn({ reason }, 'traces do not reach their collector');
    told = true;
  });
}

async function openRateLimit(
  settings: Settings,
  logger: Logger,
  onUncounted: () => void,
): Promise<RateLimit | undefined> {
  const { NAEVUS_RATE_LIMIT, REDIS_URL } = settings;
  if (NAEVUS_RATE_LIMIT === undefined) {
    if (REDIS_URL !== undefined) {
      logger.warn('REDIS_URL is not used: it is for NAEVUS_RATE_LIMIT, which is not set');
    }
    return undefined;
  }
  // Read only where it is asked for: a server without it starts faster.
  const { openRateLimits } = await import('../access/rate-limits.ts');
  return openRateLimits({
    ...NAEVUS_RATE_LIMIT,
    redisUrl: REDIS_URL,
    onRedis(state, reason) {
      if (state === 'back') logger.info('Redis answers again: servers count together');
      else logger.warn({ reason }, 'Redis does not answer: this server counts requests alone');
    },
    onUncounted,
  });
}

/** Opens the current version, and finds out which others to serve. */
async function openVersions(
  { NAEVUS_MODEL_DIR, NAEVUS_TRUSTED_KEY, NAEVUS_VERSIONS }: Settings,
  backend: Pick<ServedVersionsOptions, 'makeEngine' | 'onOtherFailed'>,
): Promise<ServedVersions> {
  const directory = NAEVUS_MODEL_DIR ?? BUNDLED_MODELS;
  const open = (version?: string): Promise<ModelFolder> =>
    openModelFolder({ directory, version, trustedKeys: NAEVUS_TRUSTED_KEY });
  const current = await open();
  if (NAEVUS_VERSIONS !== undefined && (await holdsOneVersion(directory))) {
    throw new StartError(`NAEVUS_VERSIONS needs a folder of versions; ${directory} is one version`);
  }
  const others = NAEVUS_VERSIONS === 'all' ? await versionsIn(directory) : (NAEVUS_VERSIONS ?? []);
  return new ServedVersions(current, { ...backend, open, others });
}

/** Serves another version when `current.json` says so, or on SIGHUP. */
function reloadOnDemand(
  versions: ServedVersions,
  settings: Settings,
  logger: Logger,
  onReload: (outcome: Reload['outcome']) => void,
): void {
  const reload = async (): Promise<void> => {
    const result = await versions.reload();
    onReload(result.outcome);
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
