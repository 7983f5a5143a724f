import { createRandom } from '@naevus/shared/statistics/random';
import {
  type ClassificationReport,
  type ClassMetrics,
  createReporter,
  type ReportOptions,
} from './classification-report.ts';
import type { SampleWeights } from './confusion-matrix.ts';

export interface Interval {
  /** null where no resample defined the metric. */
  readonly low: number | null;
  readonly high: number | null;
  /** In how many resamples the metric was defined. Fewer than were drawn: take the bounds with care. */
  readonly resamples: number;
}

const HEADLINE = {
  accuracy: (r) => r.accuracy,
  balancedAccuracy: (r) => r.balancedAccuracy,
  macroPrecision: (r) => r.macro.precision.value,
  macroRecall: (r) => r.macro.recall.value,
  macroF1: (r) => r.macro.f1.value,
  macroAuc: (r) => r.macro.auc.value,
  macroAveragePrecision: (r) => r.macro.averagePrecision.value,
  weightedPrecision: (r) => r.weighted.precision.value,
  weightedRecall: (r) => r.weighted.recall.value,
  weightedF1: (r) => r.weighted.f1.value,
  logLoss: (r) => r.logLoss,
  brier: (r) => r.brier,
  expectedCalibrationError: (r) => r.expectedCalibrationError,
  cohenKappa: (r) => r.cohenKappa,
  matthewsCorrelation: (r) => r.matthewsCorrelation,
} satisfies Record<string, (report: ClassificationReport) => number | null>;

const PER_CLASS = ['precision', 'recall', 'f1', 'auc', 'averagePrecision'] as const;

export type HeadlineMetric = keyof typeof HEADLINE;
export type PerClassMetric = (typeof PER_CLASS)[number] & keyof ClassMetrics;

export interface BootstrapIntervals {
  readonly method: 'percentile';
  /** 0.95: the bounds are the 2.5th and the 97.5th percentile of the resamples. */
  readonly confidence: number;
  readonly resamples: number;
  readonly seed: number;
  /** What was drawn with replacement. */
  readonly unit: 'sample' | 'group';
  /** How many of them there are. */
  readonly units: number;
  readonly headline: Readonly<Record<HeadlineMetric, Interval>>;
  readonly perClass: readonly Readonly<Record<PerClassMetric, Interval>>[];
}

export interface BootstrapOptions extends ReportOptions {
  readonly seed: number;
  /** How many resamples; 1000 by default. */
  readonly resamples?: number;
  /** In (0, 1); 0.95 by default. */
  readonly confidence?: number;
  /**
   * One a sample: samples of one group (photos of one lesion) are drawn together, as they are not
   * independent. null: a group of its own.
   */
  readonly groups?: readonly (string | null)[];
}

/**
 * Percentile bootstrap intervals (Efron and Tibshirani 1993, section 13.3) of every metric of
 * {@link ClassificationReport}; with `groups` the cluster bootstrap. Deterministic in the seed.
 * A class that a resample happens to miss is left out of that resample's averages.
 *
 * @throws RangeError as `classificationReport`, and for options out of range.
 */
export function bootstrapIntervals(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
  options: BootstrapOptions,
): BootstrapIntervals {
  const { seed, resamples = 1000, confidence = 0.95, groups } = options;
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`resamples is a whole number of at least 1, not ${resamples}`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence is between 0 and 1, not ${confidence}`);
  }
  const report = createReporter(truth, probabilities, options);
  const { units, draw } = bootstrapDraws(truth.length, seed, groups);
  const headline = mapValues(HEADLINE, () => [] as number[]);
  const perClass = probabilities[0]!.map(
    () => Object.fromEntries(PER_CLASS.map((m) => [m, []])) as unknown as PerClassValues,
  );

  for (let drawn = 0; drawn < resamples; drawn++) {
    const resample = report(draw());
    for (const [name, read] of Object.entries(HEADLINE)) {
      const value = read(resample);
      if (value !== null) headline[name as HeadlineMetric].push(value);
    }
    for (const [k, metrics] of resample.perClass.entries()) {
      for (const metric of PER_CLASS) {
        const value = metrics[metric];
        if (value !== null) perClass[k]![metric].push(value);
      }
    }
  }

  const interval = (values: number[]) => percentileInterval(values, confidence);
  return {
    method: 'percentile',
    confidence,
    resamples,
    seed,
    unit: groups === undefined ? 'sample' : 'group',
    units,
    headline: mapValues(headline, (values) => interval(values)),
    perClass: perClass.map((metrics) => mapValues(metrics, (values) => interval(values))),
  };
}

type PerClassValues = Record<PerClassMetric, number[]>;

export interface BootstrapDraws {
  /** How many there are to draw from: groups, or samples where there are no groups. */
  readonly units: number;
  /** Draws as many units as there are, with replacement: how often each sample counts. */
  readonly draw: () => Uint32Array;
}

/**
 * The resamples of a bootstrap, for statistics that {@link bootstrapIntervals} does not know; the same seed
 * gives the same resamples, so that differences can be paired.
 *
 * @param groups as in {@link BootstrapOptions}.
 * @throws RangeError when there is not one group a sample.
 */
export function bootstrapDraws(
  samples: number,
  seed: number,
  groups?: readonly (string | null)[],
): BootstrapDraws {
  if (groups !== undefined && groups.length !== samples) {
    throw new RangeError(`${samples} samples but ${groups.length} groups`);
  }
  const unitOf = new Uint32Array(samples);
  const known = new Map<string, number>();
  let units = 0;
  for (let i = 0; i < samples; i++) {
    const group = groups?.[i] ?? null;
    const unit = (group === null ? undefined : known.get(group)) ?? units++;
    if (group !== null) known.set(group, unit);
    unitOf[i] = unit;
  }
  const random = createRandom(seed);
  return {
    units,
    draw() {
      const drawn = new Uint32Array(units);
      for (let i = 0; i < units; i++) drawn[random.integer(units)]!++;
      return unitOf.map((unit) => drawn[unit]!);
    },
  };
}

/**
 * Percentile intervals of any statistics of weighted samples.
 *
 * @param statistics from how often each sample counts; null where a resample does not define one.
 * @throws RangeError when there is not one group a sample.
 */
export function bootstrapStatistics<K extends string>(
  samples: number,
  statistics: (weights: SampleWeights) => Readonly<Record<K, number | null>>,
  options: Omit<BootstrapOptions, 'predicted'>,
): Record<K, Interval> {
  const { seed, resamples = 1000, confidence = 0.95, groups } = options;
  const { draw } = bootstrapDraws(samples, seed, groups);
  const drawn = Array.from({ length: resamples }, () => statistics(draw()));
  return mapValues(drawn[0]!, (_, name) =>
    percentileInterval(
      drawn.flatMap((values) => values[name] ?? []),
      confidence,
    ),
  );
}

/** Percentiles with linear interpolation between order statistics (numpy's default). */
export function percentileInterval(values: readonly number[], confidence = 0.95): Interval {
  if (values.length === 0) return { low: null, high: null, resamples: 0 };
  const sorted = Float64Array.from(values).sort();
  const quantile = (q: number): number => {
    const position = q * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    return low + (position - below) * ((sorted[below + 1] ?? low) - low);
  };
  const tail = (1 - confidence) / 2;
  return { low: quantile(tail), high: quantile(1 - tail), resamples: values.length };
}

function mapValues<K extends string, V, W>(
  record: Readonly<Record<K, V>>,
  map: (value: V, key: K) => W,
): Record<K, W> {
  return Object.fromEntries(
    Object.entries<V>(record).map(([key, value]) => [key, map(value, key as K)]),
  ) as Record<K, W>;
}
