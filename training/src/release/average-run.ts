import { exportTfjs } from '../convert/tfjs/tfjs-export.ts';
import { withIdentityNorms } from '../convert/unfold-batch-norm.ts';
import { efficientNetB0 } from '../network/architecture.ts';
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
 * @param shares how much each counts; by default equally
 * @throws Error when one was trained on an image that the run validates on, or is of another network.
 */
export async function averageRun(
  run: FinishedRun,
  others: OtherNetworks,
  shares: AverageShares = evenShares(others),
): Promise<FinishedRun> {
  for (const other of [...others.runs, ...others.versions])
    requireNoLeak(other, run.split.validation);
  const runs = await Promise.all(
    [run, ...others.runs].map(({ parameters }) =>
      decodeGraphWeights(exportTfjs(parameters, efficientNetB0(), 'float32')),
    ),
  );
  const versions = others.versions.map(({ values }) => values);
  const mean = meanWeights(
    [...runs, ...versions],
    [shares.run, ...shares.runs, ...shares.versions],
  );
  return {
    ...run,
    parameters: withIdentityNorms(mean, efficientNetB0()),
    record: {
      ...run.record,
      method: `${run.record.method} ${describe(others, shares)}`,
    },
  };
}

/** A run with the name that it goes by in a model card. */
export interface NamedRun extends FinishedRun {
  readonly name: string;
}

/** What a run is averaged with. */
export interface OtherNetworks {
  readonly runs: readonly NamedRun[];
  readonly versions: readonly VersionWeights[];
}

/** Shares in a mean; they sum to 1. */
export interface AverageShares {
  /** Of the run itself. */
  readonly run: number;
  readonly runs: readonly number[];
  readonly versions: readonly number[];
}

/**
 * Runs that count the same, and versions that do.
 *
 * @param versionShare share of all versions together, above 0 and below 1, where there are versions; the runs
 *   share the rest. By default as much as one run.
 */
export function evenShares(
  { runs, versions }: OtherNetworks,
  versionShare = 1 / (runs.length + 2),
): AverageShares {
  const ofVersions = versions.length > 0 ? versionShare : 0;
  const run = (1 - ofVersions) / (runs.length + 1);
  return {
    run,
    runs: runs.map(() => run),
    versions: versions.map(() => ofVersions / versions.length),
  };
}

function describe({ runs, versions }: OtherNetworks, shares: AverageShares): string {
  const percent = (of: number) => `${Math.round(100 * of)} %`;
  const parts = [
    `these weights (${percent(shares.run)})`,
    ...runs.map(
      ({ name, record }, i) => `those of ${name} (${percent(shares.runs[i]!)}; ${record.method})`,
    ),
    ...versions.map(({ name }, i) => `${name} (${percent(shares.versions[i]!)})`),
  ];
  return `Served is the mean of ${parts.join(', ')}.`;
}
