import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../files/replace-file.ts';

const perClass = z.array(z.number()).min(2);

const techniqueRunSchema = z.strictObject({
  technique: z.string(),
  /** Of the data, the split, the start weights, the budget and the technique's settings. */
  digest: z.string(),
  /** Class distribution that softmax(logits) assumes, by the closed form for cross-entropy. */
  assumedPrior: perClass,
  seeds: z
    .array(
      z.strictObject({
        seed: z.number().int(),
        /** Of each validation image, in the split's order. */
        logits: z.array(perClass),
      }),
    )
    .min(1),
});

/** What a technique's training gave, one network a seed. */
export type TechniqueRun = z.infer<typeof techniqueRunSchema>;

/** The run kept in a file; null where there is none, or it was made of other data, settings or seeds. */
export async function readTechniqueRun(file: string, digest: string): Promise<TechniqueRun | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = techniqueRunSchema.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.digest === digest ? parsed.data : null;
}

export async function writeTechniqueRun(file: string, run: TechniqueRun): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, JSON.stringify(run));
}
