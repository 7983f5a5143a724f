/** Fine bins are joined from below until each holds this share of the reference: about its tenths. */
const SHARE_OF_BIN = 0.1;
/** What is left above the last whole bin is a bin of its own from this share on. */
const SHARE_OF_REST = 0.05;
/** References and windows that lack a bin would make the index infinite; it is added to every count. */
const PSEUDO_COUNT = 0.5;
/** Images of the window that a bin should be expected to hold, for the index's distribution (Cochran 1954). */
export const EXPECTED_IN_BIN = 5;

/**
 * Joins neighbouring fine bins to about the tenths of the reference.
 *
 * @returns for each fine bin the number of its joined one, from 0, ascending
 */
export function joinToTenths(reference: readonly number[]): number[] {
  const total = reference.reduce((sum, count) => sum + count, 0);
  const joined: number[] = [];
  let bin = 0;
  let held = 0;
  for (const count of reference) {
    if (held >= SHARE_OF_BIN * total) {
      bin++;
      held = 0;
    }
    joined.push(bin);
    held += count;
  }
  const last = held >= SHARE_OF_REST * total || bin === 0 ? bin : bin - 1;
  if (last > 0) return joined.map((one) => Math.min(one, last));
  // One fine bin holds nearly all: what leaves it must show.
  return splitAround(reference.indexOf(Math.max(...reference)), reference.length);
}

/** Below, at and above a bin. */
function splitAround(middle: number, bins: number): number[] {
  const below = middle > 0 ? 1 : 0;
  return Array.from({ length: bins }, (_, i) => (i < middle ? 0 : below + (i === middle ? 0 : 1)));
}

/**
 * Keeps the categories that a window of so many images should hold {@link EXPECTED_IN_BIN} of, and makes one
 * of the others.
 *
 * @returns for each category the number of its joined one
 */
export function joinRare(reference: readonly number[], images: number): number[] {
  const total = reference.reduce((sum, count) => sum + count, 0);
  const common = reference.map((count) => (count / total) * images >= EXPECTED_IN_BIN);
  const kept = common.filter(Boolean).length;
  let next = 0;
  return common.map((keep) => (keep ? next++ : kept));
}

/** Counts by joined bin. */
export function joinCounts(counts: readonly number[], joined: readonly number[]): number[] {
  const sums = Array.from({ length: Math.max(...joined) + 1 }, () => 0);
  for (const [i, count] of counts.entries()) sums[joined[i]!]! += count;
  return sums;
}

/**
 * The population stability index, the sum over the bins of (p - q) log(p / q): Jeffreys' divergence of two
 * histograms (Siddiqi, "Credit Risk Scorecards", 2006, chapter 8). 0 where they are alike.
 */
export function populationStability(a: readonly number[], b: readonly number[]): number {
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count + PSEUDO_COUNT, 0);
    return counts.map((count) => (count + PSEUDO_COUNT) / total);
  };
  const [p, q] = [shares(a), shares(b)];
  return p.reduce((sum, share, i) => sum + (share - q[i]!) * Math.log(share / q[i]!), 0);
}

/**
 * What the index is on average when nothing has changed: two samples of n and m differ by chance alone. The
 * index over 1/n + 1/m is then about a chi-square variable of bins - 1 degrees of freedom (Yurdakul,
 * "Statistical Properties of Population Stability Index", Western Michigan University 2018).
 */
export function expectedStability(bins: number, n: number, m: number): number {
  return (bins - 1) * (1 / n + 1 / m);
}
