import { csvRow } from '@naevus/shared/csv/csv-row';
import { LABELS } from '@naevus/shared/taxonomy';
import type { ScoredImage } from '../evaluate/metrics/metrics-report.ts';

/** Per-image scores as CSV: `image_id`, then one column a label; nine significant digits. */
export function predictionsCsv(images: readonly Pick<ScoredImage, 'imageId' | 'scores'>[]): string {
  const rows = images.map(({ imageId, scores }) =>
    csvRow([imageId, ...scores.map((score) => Number(score.toPrecision(9)))]),
  );
  return `${[csvRow(['image_id', ...LABELS]), ...rows].join('\n')}\n`;
}
