import { PredictionCsv } from '../answers/prediction-csv.ts';
import { abstentionSchema } from '../schemas/assessment.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { ImageReference } from './messages.ts';
import type { ImageResult } from './result.ts';

/** What became of one image of a job. */
export type SettledImage =
  | ImageResult
  | {
      readonly source: ImageReference;
      readonly dead_letter: Pick<DeadLetter, 'reason' | 'attempts'>;
    };

export interface PartCounts {
  readonly predicted: number;
  readonly refused: number;
  readonly dead: number;
}

export const BULK_CSV = new PredictionCsv('image_id');

/** The part of the table that a page becomes, in both formats: a row or a line an image, in the order listed. */
export function tablePart(images: readonly SettledImage[]): {
  readonly csv: string;
  readonly ndjson: string;
  readonly counts: PartCounts;
} {
  const counts = { predicted: 0, refused: 0, dead: 0 };
  let csv = BULK_CSV.header;
  let ndjson = '';
  for (const image of images) {
    const { key } = image.source;
    if ('dead_letter' in image) {
      counts.dead++;
      csv += BULK_CSV.failed(key, image.dead_letter.reason);
    } else if ('error' in image) {
      counts.refused++;
      const abstention = abstentionSchema.safeParse(image.error.assessment).data;
      csv += BULK_CSV.failed(key, image.error.detail, abstention);
    } else {
      counts.predicted++;
      csv += BULK_CSV.answered(key, image);
    }
    ndjson += `${JSON.stringify(image)}\n`;
  }
  return { csv, ndjson, counts };
}
