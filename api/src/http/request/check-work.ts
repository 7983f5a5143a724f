import type { EngineInput, NetworkOptions } from '../../analysis/engine.ts';
import { networkRuns } from '../../analysis/network-runs.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { Limits } from '../../answers/request-limits.ts';

/**
 * Holds the work of a whole request to what the platform computes for one.
 *
 * @throws ProblemError `too-many-images`
 */
export function checkWork(
  images: readonly EngineInput[],
  options: NetworkOptions,
  { maxNetworkRuns, maxBatchPixels }: Pick<Limits, 'maxNetworkRuns' | 'maxBatchPixels'>,
): void {
  const each = networkRuns(options);
  const runs = each * images.length;
  if (maxNetworkRuns !== undefined && runs > maxNetworkRuns) {
    const most = Math.floor(maxNetworkRuns / each);
    const detail = `${images.length} images are ${runs} runs of the network with these options, and a request may take ${maxNetworkRuns}; send at most ${most}, or ask for fewer views`;
    throw new ProblemError('too-many-images', detail);
  }
  const pixels = images.reduce(
    (sum, { header }) => sum + (header ? header.width * header.height : 0),
    0,
  );
  if (maxBatchPixels !== undefined && pixels > maxBatchPixels) {
    const detail = `the images have ${pixels} pixels together, and those of a request may have ${maxBatchPixels}; send fewer, or smaller ones`;
    throw new ProblemError('too-many-images', detail);
  }
}
