import { csvRow } from '@naevus/shared/csv/csv-row';
import { LABELS } from '@naevus/shared/taxonomy';
import { rankedPredictions } from './prediction-answer.ts';

/**
 * The table of predictions, RFC 4180: what the image is called, a column a label, the likeliest
 * label, and what went wrong.
 */
export class PredictionCsv {
  readonly header: string;

  /** @param idColumn name of the first column */
  constructor(idColumn: string) {
    this.header = row([idColumn, ...LABELS, 'label', 'error']);
  }

  /** @param scores seven, in the order of `LABELS` */
  predicted(id: string, scores: readonly number[]): string {
    const [top] = rankedPredictions(scores, 1);
    return row([id, ...scores, top!.label, '']);
  }

  failed(id: string, error: string): string {
    return row([id, ...LABELS.map(() => ''), '', error]);
  }
}

function row(cells: readonly (string | number)[]): string {
  return `${csvRow(cells)}\r\n`;
}
