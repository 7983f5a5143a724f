import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { folderSource } from '@naevus/shared/model/folder-source';
import type { Logger } from 'pino';
import { createApp } from '../../../http/app.ts';
import { BodyBudget } from '../../../http/request/body-budget.ts';
import { nodeCaller, trustedProxies } from '../access/caller.ts';
import type { KeyStore } from '../access/key-store.ts';
import { conversionThreads } from '../conversion/conversion-threads.ts';
import { sharedFiles } from '../files/shared-files.ts';
import { freeOnceSent } from '../inference/free-memory.ts';
import type { InferenceWorkers } from '../inference/inference-workers.ts';
import type { ServedVersions } from '../inference/served-versions.ts';
import { appLog, createLogger, LogWriter } from '../telemetry/log.ts';
import type { OtlpTracing } from '../telemetry/otlp-tracing.ts';
import type { Prometheus } from '../telemetry/prometheus.ts';
import type { Connections } from './connections.ts';
import { usableCpus } from './cpu-limit.ts';
import { createHttpServer } from './http-server.ts';
import { openKeys } from './open-keys.ts';
import { openRateLimit } from './open-rate-limit.ts';
import { openTracing } from './open-tracing.ts';
import { openVersions } from './open-versions.ts';
import { parserThread } from './parser-thread.ts';
import { reloadOnDemand } from './reload-on-demand.ts';
import { reportThread } from './report-thread.ts';
import { receiveBody } from './request-body.ts';
import { printableSettings, type Settings } from './settings.ts';
import { StartError } from './start-error.ts';

/** Beside the bundle. */
const PAGE_FILES = fileURLToPath(new URL('./page-files', import.meta.url));
const PARSER_WORKER = new URL('./parser-worker.js', import.meta.url);
const REPORT_WORKER = new URL('./report-worker.js', import.meta.url);
const CONVERSION_WORKER = new URL('./conversion-worker.js', import.meta.url);

/** Threads that convert files, at most: one may take some 800 MB for a picture of 50 megapixels. */
const MAX_CONVERSION_THREADS = 2;

/** Of the time for an answer, what a file may take to be converted. */
const CONVERSION_SHARE = 0.5;

/** What large bodies leave of the memory for bodies. */
const LARGE_BODIES_SHARE = 0.75;

/** Seconds that a body waits for memory, unread. */
const BODY_WAIT_SECONDS = 5;

/** Seconds for the workers to end: more than loading a model takes, on a machine that is loaded, too. */
export const WORKERS_STOP_SECONDS = 20;

/** Seconds for the last traces to reach their collector. */
const TRACES_STOP_SECONDS = 2;

interface ServerParts {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly threads: number;
  readonly workers: InferenceWorkers;
  readonly versions: ServedVersions;
  /** Settled once the model has answered. */
  readonly started: Promise<void>;
  readonly keys: KeyStore | undefined;
  readonly metrics: Prometheus | undefined;
  readonly tracing: OtlpTracing | undefined;
  readonly server: ReturnType<typeof createHttpServer>['server'];
  readonly connections: Connections;
}

/** The Node server: {@link create} puts it together from the settings, then `start` and `stop`. */
export class NodeServer {
  readonly #parts: ServerParts;

  private constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /**
   * Opens everything that the settings name, and begins to load the model.
   *
   * @param firstWorker one that was spawned already, to lose no time
   * @throws StartError, KeyListError, ArtifactError
   */
  static async create(
    settings: Settings,
    workers: InferenceWorkers,
    firstWorker: Worker | undefined,
  ): Promise<NodeServer> {
    const logWriter = new LogWriter();
    const logger = createLogger(settings.NAEVUS_LOG_LEVEL, logWriter);
    let metrics: Prometheus | undefined;
    const keys = await openKeys(settings, logger, (outcome) => metrics?.keysRead(outcome));
    const threads = settings.NAEVUS_WORKERS ?? usableCpus();
    const versions = await openVersions(settings, {
      workers,
      threads,
      logger,
      metrics: () => metrics,
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
      if (keys) metrics.watchKeys(keys);
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
      converter: conversionThreads({
        file: CONVERSION_WORKER,
        threads: Math.min(threads, MAX_CONVERSION_THREADS),
        // Room for the largest batch.
        queue: threads + settings.NAEVUS_QUEUE,
        maxPixels: settings.NAEVUS_MAX_PIXELS,
        maxSeconds: CONVERSION_SHARE * settings.NAEVUS_TIMEOUT_SECONDS,
      }),
      renderReport: reportThread(REPORT_WORKER, (reason) =>
        logger.error({ reason }, 'the thread that makes reports was lost'),
      ),
      bodies,
      receiveBody,
      runParser: parserThread(PARSER_WORKER, (reason) =>
        logger.error({ reason }, 'the thread that parses bodies was lost'),
      ),
      log,
      ...(keys && { keys, warnings: () => (keys.fault === undefined ? [] : [keys.fault]) }),
      logKeyNames: settings.NAEVUS_LOG_KEY_NAMES,
      ...(rateLimit && { rateLimit }),
      ...(metrics && { metrics }),
      ...(tracing && { tracing }),
      caller: (c) => nodeCaller(c, trusts),
      pageFiles: sharedFiles(folderSource(PAGE_FILES)),
      ...(settings.NAEVUS_HSTS_SECONDS !== undefined && {
        hstsSeconds: settings.NAEVUS_HSTS_SECONDS,
      }),
      ...(settings.NAEVUS_CORS_ORIGINS && { corsOrigins: settings.NAEVUS_CORS_ORIGINS }),
      draining: () => connections.draining,
      freeOnceSent,
    });
    const { server, connections } = createHttpServer(app, {
      timeoutSeconds: settings.NAEVUS_TIMEOUT_SECONDS,
      keepAliveSeconds: settings.NAEVUS_KEEP_ALIVE_SECONDS,
      onDefect: (error) => log.defect('none', error),
      onRefused: (kind) => metrics?.refusedConnection(kind),
    });
    metrics?.watchServer(connections, bodies);
    return new NodeServer({
      settings,
      logger,
      threads,
      workers,
      versions,
      started,
      keys,
      metrics,
      tracing,
      server,
      connections,
    });
  }

  /**
   * Listens, and returns once the model has answered.
   *
   * @param stopping whether the server was asked to stop meanwhile: then it is not an error that the model fails
   * @throws StartError where the address cannot be listened on, or the model cannot be loaded
   */
  async start(stopping: () => boolean): Promise<void> {
    const { settings, logger, versions, started, keys, metrics } = this.#parts;
    await this.#listen();
    await started.catch((error: Error) => {
      if (!stopping()) throw new StartError(`the model cannot be loaded: ${error.message}`);
    });
    if (stopping()) return;
    logger.info({ sinceStartMs: Math.round(performance.now()) }, 'ready');
    reloadOnDemand(versions, settings, logger, (outcome) => metrics?.reloaded(outcome));
    if (keys && !process.stdin.isTTY) process.on('SIGHUP', () => void keys.reload());
  }

  async #listen(): Promise<void> {
    const { settings, logger, threads, versions, server } = this.#parts;
    const { HOST, PORT } = settings;
    server.listen(PORT, HOST);
    await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw new StartError(`cannot listen on ${HOST}:${PORT}: ${error.code}`);
    });
    const { port } = server.address() as AddressInfo;
    const { name, version } = versions.current.model.manifest;
    logger.info(
      {
        url: `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}`,
        model: `${name} ${version}`,
        settings: { ...printableSettings(settings), NAEVUS_WORKERS: threads },
      },
      'listening',
    );
  }

  /** Answers what was accepted, as long as the settings allow, and ends the workers and the traces. */
  async stop(signal: string): Promise<void> {
    const { settings, logger, connections, versions, tracing, workers } = this.#parts;
    logger.info({ signal }, 'draining');
    const unanswered = await connections.finish(settings.NAEVUS_DRAIN_SECONDS);
    if (unanswered > 0) logger.warn({ unanswered }, 'drain timed out');
    versions.close();
    const traced = tracing?.shutdown().catch(() => {});
    await workers.stopAll(WORKERS_STOP_SECONDS);
    await Promise.race([traced, delay(TRACES_STOP_SECONDS * 1000)]);
    logger.info('stopped');
  }
}
