import { LABELS, type Label } from '@naevus/shared/taxonomy';
import type { Sample } from './dataset.ts';

/** Images a class. */
export function countLabels(samples: readonly Pick<Sample, 'label'>[]): Record<Label, number> {
  const counts = Object.fromEntries(LABELS.map((label) => [label, 0])) as Record<Label, number>;
  for (const { label } of samples) counts[label]++;
  return counts;
}
