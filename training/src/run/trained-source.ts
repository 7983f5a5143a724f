import type { Dataset } from '../data/load/dataset.ts';
import { ham10000Differences } from '../data/load/ham10000.ts';
import { KNOWN_SOURCES, type SourceDefinition } from '../data/load/source-definition.ts';
import type { Split } from '../data/split/split-schema.ts';

/** A source, and how many of its images are on each side of the split. */
export interface TrainedSource extends SourceDefinition {
  readonly trainImages: number;
  readonly validationImages: number;
}

/**
 * The sources of a run's images, the home source first. HAM10000 is recognised without a description; of other images
 * that nobody described there is none.
 */
export function trainedSources(dataset: Dataset, split: Split): TrainedSource[] {
  const { samples, sources } = dataset;
  if (sources.length === 0) {
    if (ham10000Differences(dataset).length > 0) return [];
    const [trainImages, validationImages] = [split.train.length, split.validation.length];
    return [{ ...KNOWN_SOURCES[0]!, trainImages, validationImages }];
  }
  const sourceOf = new Map(samples.map(({ imageId, source }) => [imageId, source]));
  const count = (ids: readonly string[], name: string) =>
    ids.filter((id) => sourceOf.get(id) === name).length;
  return sources.map((source) => ({
    ...source,
    trainImages: count(split.train, source.name),
    validationImages: count(split.validation, source.name),
  }));
}
