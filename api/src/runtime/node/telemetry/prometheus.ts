import {
  driftMetric,
  MODEL_INFO_METRIC,
  PREDICTIONS_METRIC,
} from '@naevus/shared/monitoring/metric-names';
import {
  DRIFT_EDGES,
  DRIFT_QUANTITIES,
  DRIFT_QUANTITY_TEXTS,
  measureAnswer,
} from '@naevus/shared/monitoring/quantities';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Analysis, ServedModel } from '../../../analysis/engine.ts';
import type { AccessEntry } from '../../../http/context/log.ts';
import type { Metrics } from '../../../http/context/metrics.ts';
import type { ProblemKind } from '../../../schemas/problem.ts';
import type { Reload, ServedVersions } from '../inference/served-versions.ts';

/** Seconds; an image takes some 15 ms on an idle core. */
const STAGE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Every other method is one label: a client could make up any. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']);

/** Milliseconds between two looks at the event loop's lag; prom-client's 10 wake this thread 100 times a second. */
const EVENT_LOOP_SAMPLE_MS = 100;

/** What is counted together: one thing alone costs three times as much, as its code is no longer in any cache. */
const COUNTED_TOGETHER = 256;

/**
 * The figures of the process, its worker threads together. Every label has few values, whatever is
 * sent: routes are patterns, methods and statuses those of the table, labels those of the versions' classes.
 */
export class Prometheus implements Metrics {
  readonly open: boolean;
  readonly #registry = new Registry();
  readonly #requests = this.#counter('http_requests', 'Requests answered.', [
    'method',
    'route',
    'status',
  ]);
  readonly #durations = this.#histogram(
    'http_request_duration',
    'From the header of a request to its answer.',
    REQUEST_BUCKETS,
    ['method', 'route'],
  );
  readonly #rejects = this.#counter('rejects', 'Requests, and images of batches, refused.', [
    'reason',
  ]);
  readonly #predictions = new Counter({
    name: PREDICTIONS_METRIC,
    help: 'Images analysed, by their top label.',
    labelNames: ['label', 'version'] as const,
    registers: [this.#registry],
  });
  /** What `npm run drift` compares with the version's reference: the bins are the reference's. */
  readonly #answers = DRIFT_QUANTITIES.map((quantity) => ({
    quantity,
    histogram: new Histogram({
      name: driftMetric(quantity),
      help: DRIFT_QUANTITY_TEXTS[quantity],
      buckets: [...DRIFT_EDGES[quantity]],
      labelNames: ['version'] as const,
      registers: [this.#registry],
    }),
  }));
  /** Counted before anybody reads the figures. */
  readonly #toCount: (() => void)[] = [];
  /** Called each time somebody reads the figures. */
  readonly #beforeReading: (() => void)[] = [];
  readonly #decode = this.#histogram('decode', 'Decoding and resampling an image.');
  readonly #inference = this.#histogram('inference', 'Running the network on an image.');
  readonly #waits = this.#histogram('queue_wait', 'From the arrival of an image to a worker.');
  readonly #restarts = this.#counter('worker_restarts', 'Workers lost and restarted.');
  readonly #reloads = this.#counter('model_reloads', 'Looks for a new version of the model.', [
    'outcome',
  ]);
  readonly #keyReloads = this.#counter('key_reloads', 'Readings of the file of keys.', ['outcome']);
  readonly #uncounted = this.#counter(
    'rate_limit_fallbacks',
    'Requests counted by this process alone, as Redis did not answer.',
  );

  constructor(open: boolean) {
    this.open = open;
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS,
    });
  }

  /** Tells of the engines from now on, as they are when the figures are read. */
  watch(versions: ServedVersions, queue: number): void {
    const sum = (of: 'waiting' | 'running' | 'workers') => () =>
      versions.all.reduce((total, engine) => total + engine.load[of], 0);
    this.#gauge('queue_depth', 'Images that wait for a worker.', sum('waiting'));
    this.#gauge('images_running', 'Images that are being computed.', sum('running'));
    this.#gauge('workers', 'Workers that have loaded a model.', sum('workers'));
    this.#gauge('queue_limit', 'Images that may wait for a version.', () => queue);
    const info = new Gauge({
      name: MODEL_INFO_METRIC,
      help: 'The versions that are served; the value is 1.',
      labelNames: ['name', 'version', 'sha256', 'current'] as const,
      registers: [this.#registry],
      collect() {
        info.reset();
        for (const { model } of versions.byVersion.values()) {
          const { name, version } = model.manifest;
          const current = String(model === versions.current.model);
          info.set({ name, version, sha256: model.sha256, current }, 1);
        }
      },
    });
  }

  /** Tells whether the file of keys could be read whole. */
  watchKeys(keys: { readonly fault: string | undefined }): void {
    const help = '1 while a part of the file of keys, or all of it, cannot be read.';
    this.#gauge('key_file_faulty', help, () => (keys.fault === undefined ? 0 : 1));
  }

  /** Tells how many lines the log has lost. */
  watchLog(log: { readonly lost: number }): void {
    const lost = this.#counter('log_lines_lost', 'Lines of the log that could not be written.');
    this.#beforeReading.push(() => {
      lost.reset();
      lost.inc(log.lost);
    });
  }

  /** Tells what clients have under way, and the memory that their bodies take. */
  watchServer(
    connections: { readonly count: number; readonly unanswered: number },
    bodies: { readonly held: number },
  ): void {
    this.#gauge('connections', 'Open connections.', () => connections.count);
    this.#gauge('requests_unanswered', 'Requests under way.', () => connections.unanswered);
    this.#gauge('body_bytes', 'Memory reserved for bodies, in bytes.', () => bodies.held);
  }

  request({ method, route, status, problem, durationMs }: AccessEntry): void {
    const known = METHODS.has(method) ? method : 'other';
    this.#count(() => {
      this.#requests.inc({ method: known, route, status });
      this.#durations.observe({ method: known, route }, durationMs / 1000);
      if (problem !== undefined) this.#rejects.inc({ reason: problem });
    });
  }

  analysed({ scores, measurements, timing }: Analysis, { manifest, taxonomy }: ServedModel): void {
    const { version } = manifest;
    this.#count(() => {
      const { label, values } = measureAnswer({ scores, measurements }, taxonomy);
      this.#predictions.inc({ label, version });
      for (const { quantity, histogram } of this.#answers) {
        const value = values[quantity];
        // prom-client throws on what is no number: by now it would be another request that failed.
        if (value !== undefined && Number.isFinite(value)) histogram.observe({ version }, value);
      }
      this.#decode.observe(timing.decodeMs / 1000);
      this.#inference.observe(timing.inferenceMs / 1000);
    });
  }

  rejectedImage(kind: ProblemKind): void {
    this.#rejects.inc({ reason: kind });
  }

  /** Refused on the socket, before there was a request for the app. */
  refusedConnection(kind: ProblemKind): void {
    this.#rejects.inc({ reason: kind });
  }

  waited(milliseconds: number): void {
    this.#count(() => this.#waits.observe(milliseconds / 1000));
  }

  workerLost(): void {
    this.#restarts.inc();
  }

  reloaded(outcome: Reload['outcome']): void {
    this.#reloads.inc({ outcome });
  }

  keysRead(outcome: 'taken' | 'faulty'): void {
    this.#keyReloads.inc({ outcome });
  }

  countedAlone(): void {
    this.#uncounted.inc();
  }

  async expose() {
    this.#countNow();
    for (const update of this.#beforeReading) update();
    // Of nothing there is no mean: prom-client writes "Nan" where the format has "NaN".
    const text = (await this.#registry.metrics()).replaceAll(' Nan\n', ' NaN\n');
    return { text, contentType: this.#registry.contentType };
  }

  /** @param count holds no more than figures: what it refers to waits with it */
  #count(count: () => void): void {
    this.#toCount.push(count);
    if (this.#toCount.length >= COUNTED_TOGETHER) this.#countNow();
  }

  #countNow(): void {
    for (const count of this.#toCount.splice(0)) count();
  }

  #counter<T extends string>(name: string, help: string, labelNames: readonly T[] = []) {
    return new Counter<T>({
      name: `naevus_${name}_total`,
      help,
      labelNames,
      registers: [this.#registry],
    });
  }

  #histogram<T extends string>(
    name: string,
    help: string,
    buckets = STAGE_BUCKETS,
    labelNames: readonly T[] = [],
  ) {
    return new Histogram<T>({
      name: `naevus_${name}_seconds`,
      help: `${help} In seconds.`,
      buckets,
      labelNames,
      registers: [this.#registry],
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `naevus_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}
