import type { Dataset } from '../data/load/dataset.ts';
import type { SourceDefinition } from '../data/load/source-definition.ts';
import type { Split } from '../data/split/split-schema.ts';

/** A source, and how many of its images are on each side of the split. */
export interface TrainedSource extends SourceDefinition {
  readonly trainImages: number;
  readonly validationImages: number;
}

/** The sources of a run's images, the home source first. */
export function trainedSources({ samples, sources }: Dataset, split: Split): TrainedSource[] {
  const sourceOf = new Map(samples.map(({ imageId, source }) => [imageId, source]));
  const count = (ids: readonly string[], name: string) =>
    ids.filter((id) => sourceOf.get(id) === name).length;
  return sources.map((source) => ({
    ...source,
    trainImages: count(split.train, source.name),
    validationImages: count(split.validation, source.name),
  }));
}
