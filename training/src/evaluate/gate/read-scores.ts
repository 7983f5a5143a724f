import { knownValue } from '@naevus/shared/csv/missing-value';
import { readTable } from '@naevus/shared/csv/read-table';
import { z } from 'zod';
import { parseJson, readText } from '../../files/json-file.ts';
import { labels } from '../../taxonomy/current.ts';

/** Scores by image id. */
export type ScoreTable = ReadonlyMap<string, readonly number[]>;

/** The members of an evaluation's JSON that say what was scored by which model. */
const evaluationSchema = z.object({
  modelSha256: z.string(),
  data: z.object({ sha256: z.string() }),
});

/** The CSV that `evaluate` wrote beside its JSON. */
export const scoreTableOf = (file: string): string => file.replace(/\.json$/, '.csv');

/**
 * Reads what `evaluate` wrote: `FILE.json`, and the scores in `FILE.csv` beside it.
 *
 * @param modelSha256 digest of the manifest of the model that must have made them
 * @returns the scores, and the digest of the images that were scored
 * @throws Error when a file cannot be read, or another model made them
 */
export async function readScores(
  file: string,
  modelSha256: string,
): Promise<{ readonly scores: ScoreTable; readonly dataSha256: string }> {
  const evaluation = readEvaluation(await readText(file), file);
  if (evaluation.modelSha256 !== modelSha256) {
    throw new Error(
      `${file} is of another model (manifest ${evaluation.modelSha256}, not ${modelSha256}): evaluate again`,
    );
  }
  const { rows } = readTable(await readText(scoreTableOf(file)));
  const scores = new Map(
    rows.map(({ cells }) => [
      cells.image_id ?? '',
      labels().map((label) => Number(knownValue(cells[label]) ?? Number.NaN)),
    ]),
  );
  return { scores, dataSha256: evaluation.data.sha256 };
}

function readEvaluation(text: string, file: string): z.infer<typeof evaluationSchema> {
  try {
    return parseJson(text, file, evaluationSchema);
  } catch (cause) {
    throw new Error(`${file} is not what evaluate writes: ${(cause as Error).message}`, { cause });
  }
}
