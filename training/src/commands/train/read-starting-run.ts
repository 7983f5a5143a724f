import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Split } from '../../data/split/split-schema.ts';
import { readFinishedRun } from '../../run/finished-run.ts';
import { RUN_FILES } from '../../run/run-record.ts';
import type { InitialWeights } from '../../train/initial-weights/pretrained.ts';
import { requireNoLeak } from '../../versions/version-weights.ts';

/**
 * The weights of a finished run, where `--continue` names one.
 *
 * @returns undefined where it names versions
 * @throws Error when the run was trained on what the new one validates on, or is not the only start
 */
export async function readStartingRun(
  folders: readonly string[],
  split: Pick<Split, 'validation'>,
): Promise<InitialWeights | undefined> {
  const areRuns = await Promise.all(
    folders.map((folder) =>
      stat(join(folder, RUN_FILES.record)).then(
        () => true,
        () => false,
      ),
    ),
  );
  const at = areRuns.indexOf(true);
  if (at < 0) return undefined;
  const folder = folders[at]!;
  if (folders.length > 1) {
    throw new Error(
      `--continue ${folder} is a run: name it alone, or versions to start from the mean of`,
    );
  }
  const run = await readFinishedRun(folder);
  const name = `run ${basename(resolve(folder))}`;
  requireNoLeak({ name, split: run.split }, split.validation);
  const parameters = new Map(
    [...run.parameters].filter(([layer]) => !layer.startsWith('classifier.')),
  );
  return { parameters, description: `${name} (from ${run.record.initialWeights})` };
}
