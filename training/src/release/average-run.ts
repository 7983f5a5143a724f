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
 * start: a model soup (Wortsman et al. 2022), which costs nothing when it serves. Each run counts as much as all
 * versions together. Averaged are the weights as they are exported, batch norm folded into them.
 *
 * @param others runs and versions, at least one
 * @throws Error when one was trained on an image that the run validates on, or is of another network.
 */
export async function averageRun(
  run: FinishedRun,
  others: { readonly runs: readonly NamedRun[]; readonly versions: readonly VersionWeights[] },
): Promise<FinishedRun> {
  for (const other of [...others.runs, ...others.versions])
    requireNoLeak(other, run.split.validation);
  const runs = await Promise.all(
    [run, ...others.runs].map(({ parameters }) =>
      decodeGraphWeights(exportTfjs(parameters, EFFICIENTNET_B0, 'float32')),
    ),
  );
  const versions = others.versions.map(({ values }) => values);
  const share = 1 / (runs.length + (versions.length > 0 ? 1 : 0));
  const mean = meanWeights(
    [...runs, ...versions],
    [...runs.map(() => share), ...versions.map(() => share / versions.length)],
  );
  return {
    ...run,
    parameters: withIdentityNorms(mean, EFFICIENTNET_B0),
    record: { ...run.record, method: `${run.record.method} ${describe(share, others)}` },
  };
}

/** A run with the name that it goes by in a model card. */
export interface NamedRun extends FinishedRun {
  readonly name: string;
}

function describe(
  share: number,
  {
    runs,
    versions,
  }: { readonly runs: readonly NamedRun[]; readonly versions: readonly VersionWeights[] },
): string {
  const percent = `${Math.round(100 * share)} %`;
  const names = (each: readonly { readonly name: string }[]) =>
    each.map(({ name }) => name).join(', ');
  const parts = [
    `these weights (${percent})`,
    ...runs.map(({ name, record }) => `those of ${name} (${percent}; ${record.method})`),
    ...(versions.length > 0 ? [`${names(versions)} (${percent})`] : []),
  ];
  return `Served is the mean of ${parts.join(', ')}.`;
}
