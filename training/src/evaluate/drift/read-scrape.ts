import type { AnswerHistograms } from '@naevus/shared/monitoring/histograms';
import {
  driftMetric,
  MODEL_INFO_METRIC,
  PREDICTIONS_METRIC,
} from '@naevus/shared/monitoring/metric-names';
import {
  DRIFT_EDGES,
  DRIFT_QUANTITIES,
  type DriftQuantity,
} from '@naevus/shared/monitoring/quantities';
import { labels } from '../../taxonomy/current.ts';

/** Which version is looked for in a scrape. */
export interface WantedVersion {
  readonly version: string;
  /** Digest of its manifest. */
  readonly sha256: string;
}

/** What one server said at one time. */
export interface Scrape {
  /** Of the version that was looked for; of nothing where it has answered nothing yet. */
  readonly histograms: AnswerHistograms;
  /** Seconds since 1970, where the server tells it. */
  readonly startedAt: number | undefined;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads what `GET /metrics` of a server gave.
 *
 * @param origin where the text is from, for the errors
 * @throws Error when these are no metrics of this server, or of another model, or in other bins
 */
export function readScrape(text: string, wanted: WantedVersion, origin: string): Scrape {
  requireServerMetrics(text, origin);
  const samples = text.split('\n').flatMap(parseLine);
  if (!text.includes(`# TYPE ${driftMetric('top_score')} histogram`)) {
    throw new Error(
      `${origin} has no ${driftMetric('top_score')}: that server is older than its histograms of answers; update it`,
    );
  }
  requireSameModel(samples, wanted, origin);
  const of = samples.filter(({ labels }) => labels.version === wanted.version);
  const counts = labels().map(
    (label) =>
      of.find((one) => one.name === PREDICTIONS_METRIC && one.labels.label === label)?.value ?? 0,
  );
  return {
    histograms: {
      images: counts.reduce((sum, count) => sum + count, 0),
      labels: counts,
      quantities: Object.fromEntries(
        DRIFT_QUANTITIES.flatMap((quantity) => {
          const counts = readHistogram(quantity, of, origin);
          return counts === undefined ? [] : [[quantity, counts]];
        }),
      ),
    },
    startedAt: startOfProcess(text),
  };
}

/** @throws Error when the text is not what a server of this kind answers to `GET /metrics` */
export function requireServerMetrics(text: string, origin: string): void {
  if (/^naevus_http_requests_total\b|^# TYPE naevus_http_requests_total\b/m.test(text)) return;
  throw new Error(
    `${origin} holds no metrics of a Naevus server: give what GET /metrics answers, or its address`,
  );
}

/** Seconds since 1970, by which a new process is told from the one before. */
export function startOfProcess(text: string): number | undefined {
  const samples = text.split('\n').flatMap(parseLine);
  return samples.find(({ name }) => name === 'process_start_time_seconds')?.value;
}

function parseLine(line: string): Sample[] {
  const match = line.startsWith('#') ? null : SAMPLE.exec(line);
  if (match === null) return [];
  const [, name, labels = '', value] = match;
  return [
    {
      name: name!,
      labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, text]) => [key, text])),
      value: Number(value),
    },
  ];
}

function requireSameModel(
  samples: readonly Sample[],
  { version, sha256 }: WantedVersion,
  origin: string,
): void {
  const served = samples.filter(({ name }) => name === MODEL_INFO_METRIC);
  const own = served.find(({ labels }) => labels.version === version);
  // A version that was served until a new one took its place has counts, and is not named any more.
  const counted = samples.some(
    ({ name, labels }) => name === PREDICTIONS_METRIC && labels.version === version,
  );
  if (own === undefined && !counted) {
    const names = served.map(({ labels }) => labels.version).join(', ') || 'none';
    throw new Error(
      `${origin} is of other versions (${names}) than ${version}: give the folder of the served one as --model`,
    );
  }
  if (own !== undefined && own.labels.sha256 !== sha256) {
    throw new Error(
      `${origin} is of another ${version} (manifest ${own.labels.sha256}, not ${sha256}): give the folder that is served as --model`,
    );
  }
}

/** One count a bin, out of Prometheus' cumulative buckets; undefined where there are none. */
function readHistogram(
  quantity: DriftQuantity,
  samples: readonly Sample[],
  origin: string,
): number[] | undefined {
  const name = `${driftMetric(quantity)}_bucket`;
  const buckets = samples
    .filter((sample) => sample.name === name)
    .map(({ labels, value }) => ({ edge: Number(labels.le?.replace('+Inf', 'Infinity')), value }))
    .sort((a, b) => a.edge - b.edge);
  if (buckets.length === 0) return undefined;
  const edges = [...DRIFT_EDGES[quantity], Number.POSITIVE_INFINITY];
  const same = buckets.length === edges.length && buckets.every((b, i) => b.edge === edges[i]);
  const counts = buckets.map(({ value }, i) => value - (buckets[i - 1]?.value ?? 0));
  if (!same || !counts.every((count) => count >= 0)) {
    throw new Error(
      `${origin} counts ${quantity} in other bins than this program: use the program of the server's version`,
    );
  }
  return counts;
}
