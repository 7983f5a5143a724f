import type { Measured } from '../evaluate/assessment/lesion-interval.ts';
import type { Interval } from '../evaluate/metrics/bootstrap.ts';
import type { Estimate } from '../evaluate/metrics/subgroups.ts';

/** The ends of an interval; null where there is none. */
type Bounds = Pick<Interval, 'low' | 'high'>;

/** A figure with its interval, as a table's cell has it. */
export function cell(value: number | null, interval: Bounds): string {
  return value === null ? '–' : `${figure(value)} (${bounds(interval)})`;
}

/** Below this many a bootstrap interval of a share looks surer than it is. */
export const FEW = 10;

/** A share of `count` cases with its interval; the cases themselves where they are few. */
export function shareCell({ value, interval }: Estimate, count: number): string {
  if (value === null || count >= FEW) return cell(value, interval);
  return `${Math.round(value * count)} of ${count}`;
}

export function bounds({ low, high }: Bounds): string {
  return low === null || high === null ? '–' : `${figure(low)} to ${figure(high)}`;
}

/** Three decimals. */
export function figure(value: number | null): string {
  return value === null ? 'not defined' : value.toFixed(3);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** With commas between thousands. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** A share in percent with its interval. */
export function measuredPercent({ value, interval }: Measured): string {
  if (value === null || interval === null) return 'not defined';
  const [low, high] = interval.map((bound) => (100 * bound).toFixed(1));
  return `${(100 * value).toFixed(1)} % (${low} to ${high})`;
}
