import { exportTfjs } from '../convert/tfjs/tfjs-export.ts';
import { withIdentityNorms } from '../convert/unfold-batch-norm.ts';
import { EFFICIENTNET_B0 } from '../network/architecture.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import {
  decodeGraphWeights,
  meanWeights,
  requireNoLeak,
  type VersionWeights,
} from '../versions/version-weights.ts';

/**
 * The run with the mean of its weights, those of other runs and those of versions, all trained from the same
 * start: a model soup (Wortsman et al. 2022), which costs nothing when it serves. Averaged are the weights as they are exported, batch norm folded into them.
 *
 * @param others runs and versions, at least one
 * @param versionShare share of all versions together, above 0 and below 1, where there are versions; the runs
 *   share the rest equally. By default as much as one run.
 * @throws Error when one was trained on an image that the run validates on, or is of another network.
 */
export async function averageRun(
  run: FinishedRun,
  others: { readonly runs: readonly NamedRun[]; readonly versions: readonly VersionWeights[] },
  versionShare = 1 / (others.runs.length + 2),
): Promise<FinishedRun> {
  for (const other of [...others.runs, ...others.versions])
    requireNoLeak(other, run.split.validation);
  const runs = await Promise.all(
    [run, ...others.runs].map(({ parameters }) =>
      decodeGraphWeights(exportTfjs(parameters, EFFICIENTNET_B0, 'float32')),
    ),
  );
  const versions = others.versions.map(({ values }) => values);
  const ofVersions = versions.length > 0 ? versionShare : 0;
  const share = (1 - ofVersions) / runs.length;
  const mean = meanWeights(
    [...runs, ...versions],
    [...runs.map(() => share), ...versions.map(() => ofVersions / versions.length)],
  );
  return {
    ...run,
    parameters: withIdentityNorms(mean, EFFICIENTNET_B0),
    record: {
      ...run.record,
      method: `${run.record.method} ${describe(share, ofVersions, others)}`,
    },
  };
}

/** A run with the name that it goes by in a model card. */
export interface NamedRun extends FinishedRun {
  readonly name: string;
}

function describe(
  share: number,
  versionShare: number,
  {
    runs,
    versions,
  }: { readonly runs: readonly NamedRun[]; readonly versions: readonly VersionWeights[] },
): string {
  const percent = (of: number) => `${Math.round(100 * of)} %`;
  const names = (each: readonly { readonly name: string }[]) =>
    each.map(({ name }) => name).join(', ');
  const parts = [
    `these weights (${percent(share)})`,
    ...runs.map(({ name, record }) => `those of ${name} (${percent(share)}; ${record.method})`),
    ...(versions.length > 0 ? [`${names(versions)} (${percent(versionShare)})`] : []),
  ];
  return `Served is the mean of ${parts.join(', ')}.`;
}
