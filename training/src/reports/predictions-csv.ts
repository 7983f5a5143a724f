import { LABELS } from '@naevus/shared/taxonomy';
import type { ScoredImage } from '../evaluate/metrics/metrics-report.ts';

/** Per-image scores as CSV: `image_id`, then one column a label; nine significant digits. */
export function predictionsCsv(images: readonly Pick<ScoredImage, 'imageId' | 'scores'>[]): string {
  const rows = images.map(({ imageId, scores }) =>
    [quoted(imageId), ...scores.map((score) => Number(score.toPrecision(9)))].join(','),
  );
  return `${[['image_id', ...LABELS].join(','), ...rows].join('\n')}\n`;
}

/** RFC 4180, section 2: file names may hold anything. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
