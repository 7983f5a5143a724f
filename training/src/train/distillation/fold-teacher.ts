import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { softmax } from '@naevus/shared/answer/probabilities';
import { z } from 'zod';
import { mixedLabels } from '../../data/augmentation/mix-images.ts';
import { readSplit } from '../../data/split/read-split.ts';
import type { Split } from '../../data/split/split-schema.ts';
import { parseJson } from '../../files/json-file.ts';
import { RUN_FILES } from '../../run/run-record.ts';
import { requireNoLeak } from '../../versions/version-weights.ts';
import type { Teacher } from './teacher.ts';

/** Of a member's folder: what it makes of the images of its fold, which it was not trained on. */
export const OUT_OF_FOLD_FILE = 'out-of-fold.json';

const outOfFoldSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** By image id; before calibration. */
  logits: z.record(z.string(), z.array(z.number()).min(2)),
});

export type OutOfFold = z.infer<typeof outOfFoldSchema>;

/**
 * The members of a cross-fitted run as a teacher: each image is taught by the member that has not seen its lesion, by
 * what that member makes of the whole image, as it is served. A mixed image is taught the mixture of what its parts
 * are taught.
 *
 * @param options.folders of the members, one for each fold
 * @param options.split the student's
 * @throws Error when a member teaches an image that it was trained on, has seen one that the student validates on, or
 *   an image of the student has no member or two
 */
export async function openFoldTeacher({
  folders,
  split,
}: {
  readonly folders: readonly string[];
  readonly split: Pick<Split, 'train' | 'validation'>;
}): Promise<Teacher> {
  const hash = createHash('sha256');
  const logitsOf = new Map<string, readonly number[]>();
  for (const folder of folders) {
    const name = `run ${basename(resolve(folder))}`;
    const path = join(folder, OUT_OF_FOLD_FILE);
    const text = await readFile(path, 'utf8').catch((cause: Error) => {
      throw new Error(
        `${folder} is no finished member of a cross-fitted run: it has no ${OUT_OF_FOLD_FILE} (train it with --fold)`,
        { cause },
      );
    });
    hash.update(text);
    const { logits } = parseJson(text, path, outOfFoldSchema);
    const own = await readSplit(join(folder, RUN_FILES.split));
    requireNoLeak({ name, split: own }, split.validation);
    const seen = new Set(own.train);
    for (const [imageId, row] of Object.entries(logits)) {
      if (seen.has(imageId)) throw new Error(`${name} was trained on ${imageId}, which it teaches`);
      if (logitsOf.has(imageId))
        throw new Error(`two members teach ${imageId}: name each fold once`);
      logitsOf.set(imageId, row);
    }
  }
  const missing = split.train.filter((imageId) => !logitsOf.has(imageId));
  if (missing.length > 0) {
    throw new Error(
      `${missing.length} of ${split.train.length} training images have no member that teaches them, such as ${missing[0]}: name every fold of a run with the same split`,
    );
  }
  const rows = split.train.map((imageId) => logitsOf.get(imageId)!);
  return {
    name: `${folders.length} members that did not see the image (sha256 ${hash.digest('hex')})`,
    async logits(_batch, _views, _random, { indices, mix }) {
      if (!mix) return Float32Array.from(indices.flatMap((index) => rows[index]!));
      const others = mixedLabels(indices);
      return Float32Array.from(
        indices.flatMap((index, i) => {
          const [a, b] = [softmax(rows[index]!), softmax(rows[others[i]!]!)];
          return a.map((p, k) => Math.log(mix.share * p + (1 - mix.share) * b[k]!));
        }),
      );
    },
    async close() {},
  };
}
