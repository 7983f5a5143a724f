import { csvRow } from '@naevus/shared/csv/csv-row';
import type { ScoredImage } from '../evaluate/metrics/metrics-report.ts';
import { labels } from '../taxonomy/current.ts';

/** Read when it is asked for: the process works on its classes by then. */
function header(): string {
  return csvRow(['image_id', ...labels()]);
}

/** Per-image scores as CSV: `image_id`, then one column a label; nine significant digits. */
export function predictionsCsv(images: readonly Pick<ScoredImage, 'imageId' | 'scores'>[]): string {
  const rows = images.map(({ imageId, scores }) =>
    csvRow([imageId, ...scores.map((score) => Number(score.toPrecision(9)))]),
  );
  return `${[header(), ...rows].join('\n')}\n`;
}

/** Whether a text is such a table, by its header. */
export const isPredictionsCsv = (text: string): boolean => text.startsWith(`${header()}\n`);
