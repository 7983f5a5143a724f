import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { exportTfjs } from '../../convert/tfjs/tfjs-export.ts';
import type { Split } from '../../data/split/split-schema.ts';
import { efficientNetB0 } from '../../network/architecture.ts';
import { readFinishedRun } from '../../run/finished-run.ts';
import { RUN_FILES } from '../../run/run-record.ts';
import type { InitialWeights } from '../../train/initial-weights/pretrained.ts';
import {
  decodeGraphWeights,
  readVersionWeights,
  requireNoLeak,
  type VersionWeights,
} from '../../versions/version-weights.ts';

/**
 * The weights of a finished run as it left them, where `--continue` names one run alone.
 *
 * @returns undefined where it names versions, or several
 * @throws Error when the run was trained on what the new one validates on
 */
export async function readStartingRun(
  folders: readonly string[],
  split: Pick<Split, 'validation'>,
): Promise<InitialWeights | undefined> {
  const [folder, ...others] = folders;
  if (folder === undefined || others.length > 0 || !(await isRun(folder))) return undefined;
  const run = await readFinishedRun(folder);
  const name = runName(folder);
  requireNoLeak({ name, split: run.split }, split.validation);
  const parameters = new Map(
    [...run.parameters].filter(([layer]) => !layer.startsWith('classifier.')),
  );
  return { parameters, description: `${name} (from ${run.record.initialWeights})` };
}

/** The weights of a version, or of a finished run as they would be exported. */
export async function readNetwork(folder: string): Promise<VersionWeights> {
  if (!(await isRun(folder))) return readVersionWeights(folder);
  const { parameters, split } = await readFinishedRun(folder);
  const values = await decodeGraphWeights(exportTfjs(parameters, efficientNetB0(), 'float32'));
  return { name: runName(folder), values, split };
}

function isRun(folder: string): Promise<boolean> {
  return stat(join(folder, RUN_FILES.record)).then(
    () => true,
    () => false,
  );
}

function runName(folder: string): string {
  return `run ${basename(resolve(folder))}`;
}
