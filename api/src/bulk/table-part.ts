import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import { PredictionCsv } from '../answers/prediction-csv.ts';
import { abstentionSchema } from '../schemas/assessment.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Job } from './job.ts';
import type { ItemResult } from './result.ts';

/** What became of one image or lesion of a job. */
export type SettledItem =
  | ItemResult
  | {
      readonly source: ItemResult['source'];
      readonly dead_letter: Pick<DeadLetter, 'reason' | 'attempts'>;
    };

export interface PartCounts {
  readonly predicted: number;
  readonly refused: number;
  readonly dead: number;
}

/** The table of a job: a row an image, or a row a lesion. */
export function jobCsv({
  lesions,
  labels = labelsOf(HAM10000),
}: Pick<Job, 'lesions' | 'labels'>): PredictionCsv {
  return new PredictionCsv(lesions ? 'lesion' : 'image_id', labels);
}

/** The part of the table that a page becomes, in both formats: a row or a line an item, in the order listed. */
export function tablePart(
  items: readonly SettledItem[],
  table: PredictionCsv,
): {
  readonly csv: string;
  readonly ndjson: string;
  readonly counts: PartCounts;
} {
  const counts = { predicted: 0, refused: 0, dead: 0 };
  let csv = table.header;
  let ndjson = '';
  for (const item of items) {
    const { source } = item;
    const id = 'lesion' in source ? source.lesion : source.key;
    if ('dead_letter' in item) {
      counts.dead++;
      csv += table.failed(id, item.dead_letter.reason);
    } else if ('error' in item) {
      counts.refused++;
      const abstention = abstentionSchema.safeParse(item.error.assessment).data;
      csv += table.failed(id, item.error.detail, abstention);
    } else {
      counts.predicted++;
      csv += table.answered(id, item);
    }
    ndjson += `${JSON.stringify(item)}\n`;
  }
  return { csv, ndjson, counts };
}
