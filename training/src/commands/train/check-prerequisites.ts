import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import { loadManifest } from '@naevus/shared/model/load-manifest';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import { readSplit } from '../../data/split/read-split.ts';
import { loadTfjsNode } from '../../network/engine/tensorflow.ts';
import { RUN_FILES } from '../../run/run-record.ts';
import { useTaxonomy } from '../../taxonomy/current.ts';
import { type InitialWeights, loadPretrained } from '../../train/initial-weights/pretrained.ts';

/**
 * Loads and checks what training needs besides images, before any of those is read: a missing file is told at once,
 * not after all decoding.
 *
 * @param splits files of splits
 * @param versions folders of versions, or of runs
 * @returns the pretrained weights
 * @throws Error that names what is missing or broken, and what to do
 */
export async function checkPrerequisites({
  weights,
  splits,
  versions,
}: {
  readonly weights: string | undefined;
  readonly splits: readonly string[];
  readonly versions: readonly string[];
}): Promise<InitialWeights> {
  for (const split of splits) await readSplit(split);
  for (const folder of versions) await requireVersionOrRun(folder);
  const pretrained = await loadPretrained(weights);
  loadTfjsNode();
  return pretrained;
}

async function requireVersionOrRun(folder: string): Promise<void> {
  const isRun = await stat(join(folder, RUN_FILES.record)).catch(() => undefined);
  if (isRun) return;
  const { manifest } = await loadManifest(folderSource(folder)).catch((cause: Error) => {
    throw new Error(`${folder} is neither a version nor a finished run: ${cause.message}`, {
      cause,
    });
  });
  useTaxonomy(taxonomyOf(manifest), folder);
}
