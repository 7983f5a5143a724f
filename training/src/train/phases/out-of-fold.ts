import { join } from 'node:path';
import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import type { ShouldStop } from '../../data/run-stopped.ts';
import { writeJson } from '../../files/json-file.ts';
import type { Architecture } from '../../network/architecture.ts';
import type { Parameters } from '../../network/parameters.ts';
import { TrainableNetwork } from '../../network/trainable-network.ts';
import { OUT_OF_FOLD_FILE, type OutOfFold } from '../distillation/fold-teacher.ts';
import { predictLogits } from './validation.ts';

/** A trained member of a cross-fitted run. */
export interface Member {
  readonly architecture: Architecture;
  readonly parameters: Parameters;
  /** Of the images of its fold, which are the ones that its split validates on. */
  readonly ids: readonly string[];
  /** The same images, prepared as they are served. */
  readonly images: LabelledImages;
  readonly out: string;
  readonly shouldStop: ShouldStop;
}

/**
 * Writes what a member makes of the images that it was not trained on.
 *
 * @throws RunStopped when it was asked to stop
 */
export async function writeOutOfFold(member: Member): Promise<void> {
  const { architecture, parameters, ids, images, out, shouldStop } = member;
  const network = new TrainableNetwork({ architecture, parameters });
  const rows = await predictLogits(network, images, shouldStop);
  network.dispose();
  const content: OutOfFold = {
    schemaVersion: 1,
    logits: Object.fromEntries(ids.map((id, i) => [id, [...rows[i]!]])),
  };
  await writeJson(join(out, OUT_OF_FOLD_FILE), content);
}
