import { labels } from '../../taxonomy/current.ts';
import type { Sample } from './dataset.ts';

/** Images a class. */
export function countLabels(samples: readonly Pick<Sample, 'label'>[]): Record<string, number> {
  const counts = Object.fromEntries(labels().map((label) => [label, 0]));
  for (const { label } of samples) counts[label]!++;
  return counts;
}
