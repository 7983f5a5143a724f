import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pickImages } from '../data/cache/pick-images.ts';
import type { Split } from '../data/split/split-schema.ts';
import { writeJson } from '../files/json-file.ts';
import { RUN_FILES } from '../run/run-record.ts';
import { OUT_OF_FOLD_FILE, openFoldTeacher } from '../train/distillation/fold-teacher.ts';
import type { Teacher } from '../train/distillation/teacher.ts';
import { writeOutOfFold } from '../train/phases/out-of-fold.ts';
import type { FrozenFeatures } from './frozen-features.ts';
import { PLAIN, TEACHER_FOLDS, TECHNIQUES } from './techniques.ts';
import { type AblationImages, type BudgetTraining, tuneNetwork } from './train-technique.ts';

export interface FoldMembers extends BudgetTraining {
  readonly split: Split;
  /** What member N of {@link TEACHER_FOLDS} trains on and, as its validation side, teaches; N from 1. */
  readonly splitOf: (number: number) => Promise<Split>;
  readonly features: FrozenFeatures;
  readonly images: Pick<AblationImages, 'training'> & {
    /** The training images, as they are served. */
    readonly served: AblationImages['training'];
  };
  /** A folder for the members of one data set, budget and seed; a member with its result there is not trained again. */
  readonly out: string;
}

/**
 * The teacher of cross-fitted distillation within a budget: members trained by the baseline, each without a share of
 * the training lesions, which it teaches.
 *
 * @throws RunStopped when it was asked to stop; whole members are kept
 */
export async function trainFoldMembers(members: FoldMembers, seed: number): Promise<Teacher> {
  const { architecture, features, images, split, out, shouldStop, log } = members;
  const plain = TECHNIQUES.find(({ name }) => name === PLAIN)!;
  const folders = Array.from({ length: TEACHER_FOLDS }, (_, i) => join(out, `member-${i + 1}`));
  for (const [i, folder] of folders.entries()) {
    if (await stat(join(folder, OUT_OF_FOLD_FILE)).catch(() => null)) continue;
    log(`  member ${i + 1} of ${TEACHER_FOLDS}`);
    const own = await members.splitOf(i + 1);
    const [training, served] = [await images.training(), await images.served()];
    const indicesOf = (ids: readonly string[]) => {
      const wanted = new Set(ids);
      return training.imageIds.flatMap((id, index) => (wanted.has(id) ? [index] : []));
    };
    const seen = indicesOf(own.train);
    const left = pickImages(served, indicesOf(own.validation));
    const { rows, strata, sources } = features.training;
    const parameters = await tuneNetwork(
      members,
      {
        parameters: features.parameters,
        features: {
          rows: seen.map((index) => rows[index]!),
          strata: seen.map((index) => strata[index]!),
          sources,
        },
      },
      pickImages(training, seen),
      plain,
      seed,
    );
    await mkdir(folder, { recursive: true });
    await writeJson(join(folder, RUN_FILES.split), own);
    await writeOutOfFold({
      architecture,
      parameters,
      ids: left.imageIds,
      images: left,
      out: folder,
      shouldStop,
    });
  }
  return openFoldTeacher({ folders, split });
}
