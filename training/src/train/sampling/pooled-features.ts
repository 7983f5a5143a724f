import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import type { ShouldStop } from '../../data/run-stopped.ts';
import type { TrainableNetwork } from '../../network/trainable-network.ts';
import { inferRows } from './image-batch.ts';

/** Pooled features of every image, one row each, running statistics, no augmentation. */
export interface Features {
  readonly rows: readonly Float32Array[];
  /** Source · classes + class of each image. */
  readonly strata: readonly number[];
  /** How many sources there are. */
  readonly sources: number;
}

/**
 * @param options.begun rows of an earlier pass that was stopped: it goes on after them.
 * @returns fewer rows than images where it was asked to stop.
 */
export async function pooledFeatures(
  network: TrainableNetwork,
  images: LabelledImages,
  options: { readonly begun?: readonly Float32Array[]; readonly shouldStop?: ShouldStop } = {},
): Promise<Features> {
  const rows = await inferRows(images, 'features', (batch) => network.features(batch), options);
  return { rows, strata: images.strata, sources: images.sources.length };
}
