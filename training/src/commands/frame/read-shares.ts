/**
 * The shares in a mean that a flag gives, separated by commas.
 *
 * @param of what they are of, for the message
 * @throws Error when they are not so many numbers above 0 that sum to 1
 */
export function readShares(flag: string, text: string, count: number, of: string): number[] {
  const shares = text.split(',').map(Number);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length === count && shares.every((share) => share > 0) && Math.abs(sum - 1) < 1e-6) {
    return shares;
  }
  throw new Error(`--${flag} ${text}: needs ${count} numbers above 0 that sum to 1, ${of}`);
}
