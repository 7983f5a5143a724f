import { EFFICIENTNET_B0 } from '../network/architecture.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { withIdentityNorms } from '../weights/unfold-batch-norm.ts';
import {
  decodeGraphWeights,
  meanWeights,
  refuseLeak,
  type VersionWeights,
} from '../weights/version-weights.ts';
import { exportTfjs } from './tfjs/tfjs-export.ts';

/** Of the run's own weights; the versions share the rest equally. */
const OWN_SHARE = 0.5;

/**
 * The run with the mean of its weights and those of versions that were trained from the same start: a model
 * soup (Wortsman et al. 2022), which costs nothing when it serves. Averaged are the weights as they are
 * exported, batch norm folded into them.
 *
 * @param versions at least one
 * @throws Error when a version was trained on an image that the run validates on, or is of another network.
 */
export async function averageRun(
  run: FinishedRun,
  versions: readonly VersionWeights[],
): Promise<FinishedRun> {
  for (const version of versions) refuseLeak(version, run.split.validation);
  const own = await decodeGraphWeights(exportTfjs(run.parameters, EFFICIENTNET_B0, 'float32'));
  const mean = meanWeights(
    [own, ...versions.map(({ values }) => values)],
    [OWN_SHARE, ...versions.map(() => (1 - OWN_SHARE) / versions.length)],
  );
  const names = versions.map(({ name }) => name).join(', ');
  const method = `${run.record.method} Served is the mean of these weights, which count half, and of ${names}.`;
  return {
    ...run,
    parameters: withIdentityNorms(mean, EFFICIENTNET_B0),
    record: { ...run.record, method },
  };
}
