/**
 * The value below which a share of the values lies, by linear interpolation between neighbours.
 *
 * @param {readonly number[]} values at least one
 * @param {number} share 0 to 1
 */
export function quantile(values, share) {
  if (values.length === 0) throw new RangeError('a quantile needs at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** @param {readonly number[]} values at least one */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * Median, least and greatest of the ratios of values that were measured side by side: what slows the
 * machine in one round slows both, and falls out of their ratio.
 *
 * @param {readonly number[]} ours one value a round
 * @param {readonly number[]} theirs as many, of the same rounds
 */
export function pairedRatio(ours, theirs) {
  if (ours.length !== theirs.length) throw new RangeError('the rounds do not pair up');
  const ratios = ours.map((value, round) => value / theirs[round]);
  return { median: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) };
}
